import { chmod, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'

/** What restic reads for S3 and nothing else: the file becomes a unit's environment. */
const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_DEFAULT_REGION']
/** Printable, and nothing that ends systemd's single quotes. */
const LINE = /^([A-Z_]+)=([\x21-\x26\x28-\x5b\x5d-\x7e]{1,2048})$/

/**
 * The backup's credentials move from the start partition (`backup.env`, put there by flash-disk.sh) to root's own folder on the data partition, where
 * `screenpost-job@backup.service` reads them: a start partition can be read by whoever takes the disk. A file that is not in order stays
 * where it is and changes nothing. Problems: `bad-backup-credentials`.
 */
export async function takeBackupCredentials(start: string, state: string): Promise<readonly Problem[]> {
  const offered = join(start, 'backup.env')
  const text = await readFile(offered, 'utf8').catch((error: unknown) => { if (isErrno(error, 'ENOENT')) return undefined; throw error })
  if (text === undefined) return []
  const settings = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  const wrong = settings.findIndex((line) => !NAMES.includes(LINE.exec(line)?.[1] ?? ''))
  if (settings.length === 0 || wrong >= 0) {
    return [problem('bad-backup-credentials', `Expected lines such as AWS_ACCESS_KEY_ID=... without quotes, spaces or backslashes; allowed are ${NAMES.join(', ')} (entry ${wrong + 1}). Write the file onto the start partition again.`, 'backup.env')]
  }
  await makeDirectoryDurable(state)
  await writeFileDurable(join(state, 'backup.env'), Buffer.from(`${settings.map(quoted).join('\n')}\n`))
  await chmod(join(state, 'backup.env'), 0o600)
  await overwriteAndRemove(offered, text.length)
  return []
}

/** In systemd's EnvironmentFile a dollar and a hash mean something outside single quotes. */
const quoted = (line: string): string => line.replace(LINE, "$1='$2'")

/** FAT writes in place: what was there is gone from its blocks, as far as the disk itself keeps no copy. */
async function overwriteAndRemove(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(Buffer.alloc(bytes), 0, bytes, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await rm(path)
}
