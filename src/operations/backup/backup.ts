import { join } from 'node:path'
import type { IsoTime } from '../../domain/ids.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import { JsonDocument } from '../../store/durable-document.js'
import { layKeyBeside, openBackupKey } from './backup-key.js'
import type { Restic } from './restic.js'
import { resticOrThrow, runRestic } from './restic.js'
import { openSshWay, sftpPlace } from './ssh-way.js'

export type BackupOptions = {
  readonly dataFolder: string
  readonly repository: string
  readonly recipients: readonly string[]
  readonly keep: { readonly daily: number; readonly weekly: number; readonly monthly: number }
  readonly siteName: string
  /** Credentials of a remote repository (AWS_..., ssh). */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => IsoTime
}

export type BackupDone = { readonly snapshot: string; readonly addedBytes: number; readonly files: number; readonly wrappedKey: string }

/** `<data>/backup/state.json`. */
type BackupState = { readonly formatVersion: 1; readonly lastSuccessAt?: IsoTime; readonly snapshot?: string; readonly addedBytes?: number }

/**
 * What is not copied: what is rebuilt (lists), what is not acknowledged (spool), what belongs to this device alone (its certificate authority,
 * sessions, identity, clock, backup key).
 */
export const NOT_COPIED = ['spool', 'index', 'worklist', 'priors', 'updates', 'lock', 'ballast', 'studies/.new', 'quarantine/.new', 'backup', 'operations/clock.json', 'operations/clock.json.previous', 'operations/set-time.request', 'access/tls', 'access/sessions', 'identity'] as const

const SOME_FILES_CHANGED = 3

/** One incremental, encrypted copy; safe beside a running service, since documents are replaced whole. @throws ResticError */
export async function backUp(options: BackupOptions): Promise<BackupDone> {
  const { dataFolder, repository, recipients, env, keep } = options
  const key = await openBackupKey(join(dataFolder, 'backup'), recipients)
  const restic: Restic = { repository, password: key.password, env, cacheFolder: join(dataFolder, 'backup', 'cache'), ...(sftpPlace(repository) ? { ssh: await openSshWay(join(dataFolder, 'backup', 'ssh')) } : {}) }
  if ((await runRestic(restic, ['cat', 'config'])).status !== 0) await resticOrThrow(restic, ['init'])
  const excludes = [...NOT_COPIED.map((name) => join(dataFolder, name)), '*.tmp'].flatMap((path) => ['--exclude', path])
  const { stdout } = await resticOrThrow(restic, ['backup', '--json', '--tag', 'screenpost', '--host', options.siteName.replaceAll(/[^\w.-]+/g, '-'), ...excludes, dataFolder], { good: [0, SOME_FILES_CHANGED] })
  await resticOrThrow(restic, ['forget', '--tag', 'screenpost', '--prune', '--keep-daily', String(keep.daily), '--keep-weekly', String(keep.weekly), '--keep-monthly', String(keep.monthly)])
  await layKeyBeside(key, repository)
  const done = { ...summaryOf(stdout), wrappedKey: key.wrapped }
  const state = await JsonDocument.open<BackupState>(join(dataFolder, 'backup', 'state.json'), { formatVersion: 1 })
  await state.change((before) => ({ ...before, lastSuccessAt: options.now(), snapshot: done.snapshot, addedBytes: done.addedBytes }))
  return done
}

/** restic's last line of JSON. */
function summaryOf(stdout: string): Omit<BackupDone, 'wrappedKey'> {
  const line = stdout.trim().split('\n').findLast((each) => each.includes('"message_type":"summary"')) ?? '{}'
  const { snapshot_id: snapshot = '', data_added: addedBytes = 0, total_files_processed: files = 0 } = JSON.parse(line) as { snapshot_id?: string; data_added?: number; total_files_processed?: number }
  return { snapshot, addedBytes, files }
}

/** What the page says when the last copy is older than three times what the site wants. */
export async function backupProblem(dataFolder: string, everyHours: number, now: Date): Promise<Problem | undefined> {
  const state = await JsonDocument.open<BackupState>(join(dataFolder, 'backup', 'state.json'), { formatVersion: 1 }).catch(() => undefined)
  const last = state?.data.lastSuccessAt
  if (last !== undefined && now.getTime() - Date.parse(last) < 3 * everyHours * 3_600_000) return undefined
  return problem('backup-old', last === undefined ? 'No backup was ever made. Plug in the backup stick or connect the uplink, and run `screenpost backup`.'
    : `The last backup is of ${last.slice(0, 10)}. Plug in the backup stick or connect the uplink, and run \`screenpost backup\`.`)
}
