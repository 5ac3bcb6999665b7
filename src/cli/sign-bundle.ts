import type { KeyObject } from 'node:crypto'
import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { writeFileDurable } from '../platform/durable-fs.js'
import { bundleOfFolder } from '../provisioning/make-bundle.js'
import { signBundle } from '../provisioning/signed-bundle.js'
import { UsageError } from './host.js'
import { wholeNumber } from './option-values.js'
import { jsonOf } from './pacs-option.js'

export type SignOptions = { key: string; from: string; serial: string; kind: 'site' | 'packs'; site?: string; settings?: string }

const CHECK_IT = 'Check its path and its content; `screenpost check-config FILE` says more of a site file.'

/** Writes `bundle.json` into the folder. @throws UsageError where an option can't be what is meant */
export async function signFolder(folder: string, { key: keyPath, from, serial: number, kind, ...files }: SignOptions): Promise<void> {
  const serial = wholeNumber('--serial', number)
  const key = await signingKeyOf(keyPath)
  const site = files.site === undefined ? {} : { site: await jsonOf(files.site, CHECK_IT) }
  const settings = files.settings === undefined ? {} : { settings: await jsonOf(files.settings, CHECK_IT) }
  const content = { kind, from, serial, createdAt: new Date().toISOString(), files: await bundleOfFolder(resolve(folder)), ...site, ...settings }
  await writeFileDurable(resolve(folder, 'bundle.json'), Buffer.from(signed(content, key)))
}

async function signingKeyOf(path: string): Promise<KeyObject> {
  const key = parseKey(await readFile(path, 'utf8'))
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new UsageError(`${path} holds no Ed25519 private key (PEM). \`openssl genpkey -algorithm ed25519\` makes one.`)
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function signed(content: Parameters<typeof signBundle>[0], key: KeyObject): string {
  try {
    return signBundle(content, key)
  } catch (error) {
    const [first] = error instanceof z.ZodError ? error.issues : []
    throw first ? new UsageError(`The bundle would not be in order: ${first.path.join('.')}: ${first.message}. Correct that and sign again.`) : error
  }
}
