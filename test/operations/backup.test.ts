import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { backUp, backupProblem } from '../../src/operations/backup/backup.js'
import { temporaryRoot } from '../store/studies.js'

const AT = '2026-03-01T08:00:00.000Z'
const unreadable = (path: string, errno: number): string => JSON.stringify({ message_type: 'error', error: { Op: 'open', Path: path, Err: errno }, during: 'archival', item: path })

describe('a backup that could not read everything', () => {
  let root: string
  let recipient: string
  beforeEach(async () => {
    root = await temporaryRoot()
    await mkdir(join(root, 'bin'))
    await mkdir(join(root, 'data'))
    recipient = await identityToRecipient(await generateIdentity())
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  /** In place of restic: says what restic 0.14 said of files that it could not open, and keeps what it was asked for. */
  async function restic(status: number, errors: readonly string[]): Promise<void> {
    await writeFile(join(root, 'bin/restic'), `#!/bin/sh
echo "$*" >> '${root}/asked'
case "$*" in *' backup '*)
  cat >&2 <<'SAID'
${[...errors, 'Warning: at least one source file could not be read'].join('\n')}
SAID
  echo '{"message_type":"summary","snapshot_id":"cac39c5c","data_added":17,"total_files_processed":5}'
  exit ${status};;
esac
`)
    await chmod(join(root, 'bin/restic'), 0o755)
  }
  const make = () => backUp({
    dataFolder: join(root, 'data'), repository: join(root, 'copies'), recipients: [recipient], keep: { daily: 7, weekly: 5, monthly: 12 }, siteName: 'hill',
    env: { PATH: `${join(root, 'bin')}:${process.env['PATH']}` }, now: () => AT
  })
  const problemNow = () => backupProblem(join(root, 'data'), 24, new Date('2026-03-01T09:00:00.000Z'))

  it('is a failure that says how many files, which and what to do, and removes no older copy', async () => {
    await restic(3, [unreadable(join(root, 'data/studies/a/study.json'), 5), unreadable(join(root, 'data/studies/b/study.json'), 5), unreadable(join(root, 'data/gone'), 2)])
    await expect(make()).rejects.toThrow(/2 files .*could not be read.*studies\/a\/study\.json.*doctor --deep/)
    expect(await problemNow()).toMatchObject({ code: 'backup-incomplete', message: expect.stringMatching(/2026-03-01.*2 files/) as string })
    expect(await readFile(join(root, 'asked'), 'utf8')).not.toContain('forget')
    await restic(0, [])
    expect(await make()).toMatchObject({ files: 5 })
    expect(await problemNow()).toBeUndefined()
  })

  it('is good where files only vanished while it was made, as they do beside a running service', async () => {
    await restic(3, [unreadable(join(root, 'data/audit/incoming/1.json'), 2)])
    expect(await make()).toMatchObject({ snapshot: 'cac39c5c' })
    expect(await problemNow()).toBeUndefined()
  })

  it('is a failure where restic does not say which files', async () => {
    await restic(3, [])
    await expect(make()).rejects.toThrow(/some files/)
  })
})
