import { join } from 'node:path'
import type { IsoTime } from '../../domain/ids.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import { JsonDocument } from '../../store/durable-document.js'
import { layKeyBeside, openBackupKey } from './backup-key.js'
import type { Restic } from './restic.js'
import { ResticError, resticOrThrow, runRestic } from './restic.js'
import { openSshWay, sftpPlace } from './ssh-way.js'
import type { Unreadable } from './unreadable-files.js'
import { filesText, unreadableFiles } from './unreadable-files.js'

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
type BackupState = { readonly formatVersion: 1; readonly lastSuccessAt?: IsoTime; readonly snapshot?: string; readonly addedBytes?: number; /** The last try, where files could not be read. */ readonly failure?: { readonly at: IsoTime; readonly unreadable?: number } }

/**
 * What is not copied: what is rebuilt (lists), what is not acknowledged (spool), what belongs to this device alone (its certificate authority,
 * sessions, identity, clock, backup key).
 */
const NOT_COPIED = ['spool', 'index', 'worklist', 'priors', 'updates', 'lock', 'ballast', 'studies/.new', 'quarantine/.new', 'backup', 'operations/clock.json', 'operations/clock.json.previous', 'operations/set-time.request', 'access/tls', 'access/sessions', 'identity'] as const

const SOME_FILES_NOT_READ = 3
const openState = (dataFolder: string): Promise<JsonDocument<BackupState>> => JsonDocument.open<BackupState>(join(dataFolder, 'backup', 'state.json'), { formatVersion: 1 })

/**
 * One incremental, encrypted copy; safe beside a running service, since documents are replaced whole. One that lacks files stays, counts as a failure and
 * lets no older one go.
 * @throws ResticError
 */
export async function backUp(options: BackupOptions): Promise<BackupDone> {
  const { dataFolder, repository, recipients, env, keep } = options
  const key = await openBackupKey(join(dataFolder, 'backup'), recipients)
  const restic: Restic = { repository, password: key.password, env, cacheFolder: join(dataFolder, 'backup', 'cache'), ...(sftpPlace(repository) ? { ssh: await openSshWay(join(dataFolder, 'backup', 'ssh')) } : {}) }
  if ((await runRestic(restic, ['cat', 'config'])).status !== 0) await resticOrThrow(restic, ['init'])
  const excludes = [...NOT_COPIED.map((name) => join(dataFolder, name)), '*.tmp'].flatMap((path) => ['--exclude', path])
  const { status, stdout, stderr } = await resticOrThrow(restic, ['backup', '--json', '--tag', 'screenpost', '--host', options.siteName.replaceAll(/[^\w.-]+/g, '-'), ...excludes, dataFolder], { good: [0, SOME_FILES_NOT_READ] })
  const unreadable = status === SOME_FILES_NOT_READ ? unreadableFiles(stderr, dataFolder) : undefined
  await layKeyBeside(key, repository)
  if (unreadable) await failFor(options, unreadable)
  await resticOrThrow(restic, ['forget', '--tag', 'screenpost', '--prune', '--keep-daily', String(keep.daily), '--keep-weekly', String(keep.weekly), '--keep-monthly', String(keep.monthly)])
  const done = { ...summaryOf(stdout), wrappedKey: key.wrapped }
  const state = await openState(dataFolder)
  await state.change(({ failure: _mended, ...before }) => ({ ...before, lastSuccessAt: options.now(), snapshot: done.snapshot, addedBytes: done.addedBytes }))
  return done
}

/** Noted for the page. @throws ResticError */
async function failFor({ dataFolder, now }: BackupOptions, unreadable: Unreadable): Promise<never> {
  const { count, first } = unreadable
  const state = await openState(dataFolder)
  await state.change((before) => ({ ...before, failure: { at: now(), ...(count === undefined ? {} : { unreadable: count }) } }))
  throw new ResticError(`A copy was written, but ${filesText(unreadable)} could not be read, so that it does not count${first === undefined ? '' : ` (first: ${first})`}. The disk may be failing: run \`screenpost doctor --deep\`, put right what it names, and run this again.`)
}

/** restic's last line of JSON. */
function summaryOf(stdout: string): Omit<BackupDone, 'wrappedKey'> {
  const line = stdout.trim().split('\n').findLast((each) => each.includes('"message_type":"summary"')) ?? '{}'
  const { snapshot_id: snapshot = '', data_added: addedBytes = 0, total_files_processed: files = 0 } = JSON.parse(line) as { snapshot_id?: string; data_added?: number; total_files_processed?: number }
  return { snapshot, addedBytes, files }
}

/** What the page says when the last try could not read everything, or when the last copy is older than three times what the site wants. */
export async function backupProblem(dataFolder: string, everyHours: number, now: Date): Promise<Problem | undefined> {
  const { lastSuccessAt: last, failure } = (await openState(dataFolder).catch(() => undefined))?.data ?? {}
  if (failure) return problem('backup-incomplete', `The backup of ${failure.at.slice(0, 10)} lacks ${filesText({ count: failure.unreadable })} that could not be read, and does not count. Run \`screenpost doctor --deep\`, put right what it names, then run \`screenpost backup\`.`)
  if (last !== undefined && now.getTime() - Date.parse(last) < 3 * everyHours * 3_600_000) return undefined
  return problem('backup-old', last === undefined ? 'No backup was ever made. Plug in the backup stick or connect the uplink, and run `screenpost backup`.'
    : `The last backup is of ${last.slice(0, 10)}. Plug in the backup stick or connect the uplink, and run \`screenpost backup\`.`)
}
