import { randomBytes } from 'node:crypto'
import { chmod, copyFile, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { armor, Decrypter, Encrypter } from 'age-encryption'
import { fsyncDirectory, fsyncFile, isErrno, makeDirectoryDurable, writeFileDurable } from '../../platform/durable-fs.js'

/** The password of the repository, on this device; and the same for the centre, which alone can open it. */
export type BackupKey = { readonly password: string; /** Path of the wrapped key (age, armoured). */ readonly wrapped: string }

/** Made once, in `<data>/backup` (0700, 0600), and wrapped anew for the recipients of the site file each time. */
export async function openBackupKey(folder: string, recipients: readonly string[]): Promise<BackupKey> {
  await makeDirectoryDurable(folder)
  await chmod(folder, 0o700)
  const path = join(folder, 'key')
  const password = (await readIfThere(path)) ?? (await makeKey(path))
  const wrapped = join(folder, 'key.age')
  await writeFileDurable(wrapped, await wrap(password, recipients))
  return { password, wrapped }
}

async function makeKey(path: string): Promise<string> {
  const password = randomBytes(32).toString('base64url')
  await writeFileDurable(path, password)
  await chmod(path, 0o600)
  return password
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

async function wrap(password: string, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return armor.encode(await encrypter.encrypt(password))
}

/** The password out of a wrapped key, by identities as age-keygen writes them. @throws Error when none of them opens it */
export async function unwrapKey(wrapped: string, identities: string): Promise<string> {
  const decrypter = new Decrypter()
  for (const line of identities.split('\n')) if (/^AGE-SECRET-KEY-1/.test(line.trim())) decrypter.addIdentity(line.trim())
  return decrypter.decrypt(armor.decode(wrapped), 'text')
}

/** True where the repository is a folder here: then the wrapped key can lie beside it. */
export const isLocal = (repository: string): boolean => repository.startsWith('/') || repository.startsWith('.')

/** Where the wrapped key lies beside a repository that is a folder. */
export const keyBeside = (repository: string): string => `${repository.replace(/\/+$/, '')}.key.age`

/** A stick carries its own wrapped key: the centre needs the stick and its identity, nothing else. */
export async function layKeyBeside(key: BackupKey, repository: string): Promise<void> {
  if (!isLocal(repository)) return
  const target = keyBeside(repository)
  await copyFile(key.wrapped, target)
  await fsyncFile(target)
  await fsyncDirectory(dirname(target))
}
