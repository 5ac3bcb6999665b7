import { createHash, generateKeyPairSync, createPrivateKey, createPublicKey, randomInt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'

/** Who this box is: made once, at its first start, and gone with a factory reset. */
export type DeviceIdentity = { readonly deviceId: string; readonly key: KeyObject; readonly publicKeyPem: string; readonly labelCode: string }

const CODE_DIGITS = 8
const CODE = /^\d{8}$/

/** Ten hexadecimal digits of the public key's SHA-256: short enough to read out on a telephone. */
export const deviceIdOf = (publicKeyPem: string): string =>
  createHash('sha256').update(createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' })).digest('hex').slice(0, 10)

/**
 * The identity kept in `folder` (0700), made when there is none. The code that opens the first setup is the one printed on the
 * label (`labelFile`, written with the disk); without a label one is drawn and shown on the box's own screen.
 */
export async function openIdentity(folder: string, labelFile: string): Promise<DeviceIdentity> {
  await makeDirectoryDurable(folder)
  await chmod(folder, 0o700)
  const pem = await kept(join(folder, 'device.key'), newKey, (text) => text.includes('PRIVATE KEY'))
  const key = createPrivateKey(pem)
  const publicKeyPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string
  const label = (await readText(labelFile))?.replace(/\D/g, '')
  const labelCode = await kept(join(folder, 'label-code'), () => (label !== undefined && CODE.test(label) ? label : drawCode()), (text) => CODE.test(text))
  return { deviceId: deviceIdOf(publicKeyPem), key, publicKeyPem, labelCode }
}

const newKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const drawCode = (): string => String(randomInt(0, 10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')

async function kept(path: string, make: () => string, isGood: (text: string) => boolean): Promise<string> {
  const known = (await readText(path))?.trim()
  if (known !== undefined && isGood(known)) return known
  const made = make().trim()
  await writeFileDurable(path, Buffer.from(`${made}\n`))
  await chmod(path, 0o600)
  return made
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
