import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Makes renames, creations and removals inside the folder survive a power cut. */
export async function fsyncDirectory(path: string | Buffer): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Makes the bytes of a closed file survive a power cut (its name needs `fsyncDirectory`). */
export async function fsyncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A name beside `path` for a file that is not yet in force. Left-overs end in `.tmp`. */
export const temporaryBeside = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.tmp`

/** Writes and fsyncs a new file; it must not exist. On failure nothing is left. */
export async function writeNewFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx', 0o640)
  try {
    await file.writeFile(bytes)
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(path, { force: true })
    throw error
  }
}

/** Replaces `path` by `bytes`: either the old or the new content is there after a power cut. Durable on return. */
export async function writeFileDurable(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = temporaryBeside(path)
  await writeNewFile(temporary, bytes)
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await fsyncDirectory(dirname(path))
}

/** Moves a file, across devices too. Durable on return; on failure `from` is still there. */
export async function moveFileDurable(from: string, to: string): Promise<void> {
  await fsyncFile(from)
  try {
    await rename(from, to)
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) throw error
    await copyFileDurable(from, to)
    await rm(from)
  }
  await fsyncDirectory(dirname(to))
  if (dirname(from) !== dirname(to)) await fsyncDirectory(dirname(from))
}

/** A second name for the bytes of `from` (a copy where the file system has no hard links); fsynced, the folder is not. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await fsyncFile(from)
  try {
    await link(from, to)
  } catch (error) {
    if (!isErrno(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS')) throw error
    await copyFileDurable(from, to)
  }
}

async function copyFileDurable(from: string, to: string): Promise<void> {
  const temporary = temporaryBeside(to)
  try {
    await copyFile(from, temporary, constants.COPYFILE_EXCL)
    await fsyncFile(temporary)
    await rename(temporary, to)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * Creates the folder and its missing parents; every new name is durable on return. A folder that is
 * there already is fsynced too, because whoever made it may have been cut off before doing so.
 */
export async function makeDirectoryDurable(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o750 })
  } catch (error) {
    if (isErrno(error, 'ENOENT') && dirname(path) !== path) {
      await makeDirectoryDurable(dirname(path))
      return makeDirectoryDurable(path)
    }
    if (!isErrno(error, 'EEXIST')) throw error
  }
  await fsyncDirectory(dirname(path))
}

/** Removes a file or a folder with all in it; no error when it is not there. Durable on return. */
export async function removeDurable(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await fsyncDirectory(dirname(path))
}

/** Removes all that is in a folder, which stays: on a full disk a new one could not be made. */
export async function emptyFolder(path: string): Promise<void> {
  const names = await readdir(path)
  await Promise.all(names.map((name) => rm(join(path, name), { recursive: true, force: true })))
}

/** True for a system error with one of these codes (`ENOSPC`, `ENOENT`...). */
export const isErrno = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
