import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../src/platform/log.js'
import type { NewStudy } from '../../src/store/study-store.js'
import { StudyStore } from '../../src/store/study-store.js'
import { fixedClock } from '../fakes/fixed-clock.js'

export const temporaryRoot = (): Promise<string> => mkdtemp(join(tmpdir(), 'screenpost-store-'))

export const openStore = (root: string, reserveBytes = 0): Promise<StudyStore> =>
  StudyStore.open({ root, clock: fixedClock(), log: silentLog, reserveBytes })

let spooled = 0

/** A PNG-like object written to the spool, ready for `create`. */
export async function newStudy(root: string, overrides: Partial<NewStudy> & { bytes?: Uint8Array } = {}): Promise<NewStudy> {
  const { bytes = randomBytes(64), ...rest } = overrides
  const spoolPath = join(root, 'spool', `object-${(spooled += 1)}`)
  await writeFile(spoolPath, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    spoolPath, object: { sha256, bytes: bytes.length, content: 'png', fingerprint: sha256 },
    source: { kind: 'watched-folder', deviceId: 'inbox' }, receivedAt: '2026-03-01T08:00:00.000Z', timeUncertain: false, ...rest
  }
}
