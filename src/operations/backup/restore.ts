import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fsyncDirectory, makeDirectoryDurable } from '../../platform/durable-fs.js'
import type { DeepReport } from '../deep-check.js'
import { deepCheck } from '../deep-check.js'
import { isLocal, keyBeside, unwrapKey } from './backup-key.js'
import { ResticError, resticOrThrow } from './restic.js'
import type { SshWay } from './ssh-way.js'

export type RestoreOptions = {
  readonly repository: string
  /** Text of age identities (of the centre); or the password itself, where this device still has it. */
  readonly opener: { readonly identities: string; readonly wrappedKey?: string } | { readonly password: string }
  /** A snapshot's id; the newest otherwise. */
  readonly snapshot?: string
  /** Where the data go; must be empty or not there. */
  readonly target: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** This device's own way to an SFTP server, where it has one. */
  readonly ssh?: SshWay
}

/** Brings a backup back into an empty folder, and compares everything with its checksums. @throws ResticError */
export async function restore({ repository, opener, snapshot = 'latest', target, env, ssh }: RestoreOptions): Promise<DeepReport> {
  const there = await readdir(target).catch(() => [])
  if (there.some((name) => name !== 'lost+found')) throw new ResticError(`${target} is not empty. Restore into an empty folder: nothing is ever written over.`)
  const password = 'password' in opener ? opener.password : await unwrap(repository, opener)
  const full = resolve(target)
  await makeDirectoryDurable(full)
  const staging = await mkdtemp(join(full, '.restoring-'))
  try {
    await resticOrThrow({ repository, password, env, ...(ssh ? { ssh } : {}) }, ['restore', snapshot, '--tag', 'screenpost', '--target', staging])
    await moveUp(await dataFolderIn(staging), full)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  await fsyncDirectory(full)
  return deepCheck(full)
}

async function unwrap(repository: string, { identities, wrappedKey }: { readonly identities: string; readonly wrappedKey?: string }): Promise<string> {
  const path = wrappedKey ?? (isLocal(repository) ? keyBeside(repository) : undefined)
  if (path === undefined) throw new ResticError('The wrapped key of a remote backup lies with the centre: name its file with --key.')
  const text = await readFile(path, 'utf8').catch(() => { throw new ResticError(`There is no wrapped key at ${basename(path)}. Name its file with --key.`) })
  return unwrapKey(text, identities).catch(() => { throw new ResticError('This identity does not open the key of the backup. Use the identity of the centre that the backup was made for.') })
}

/** restic restores under the full path that was backed up. */
async function dataFolderIn(staging: string): Promise<string> {
  for (let at = staging; ;) {
    const names = await readdir(at)
    if (names.includes('studies')) return at
    if (names.length !== 1) throw new ResticError('This backup holds no data folder of Screenpost.')
    at = join(at, names[0]!)
  }
}

async function moveUp(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) await rename(join(from, name), join(to, name))
  await fsyncDirectory(dirname(from))
}
