import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readFacts } from '../../src/dicom/codec.js'
import type { TriageLevel } from '../../src/domain/finding.js'
import type { StudyId } from '../../src/domain/ids.js'
import type { Clock } from '../../src/platform/clock.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { makeDicom, SYNTAX } from '../../test/generators/dicom.js'
import { sampleStudy } from '../../test/report/sample-study.js'

const COLUMNS = 512
const LEAST_ROWS = 500
const MOST_ROWS = 1000
/** One in so many is urgent. */
const URGENT_EVERY = 20

export type Taken = { readonly id: StudyId; readonly level: TriageLevel; readonly imageBytes: number }

let serial = 0

/** A film of 0.5 to 1 MB that nothing can make smaller, received and read a moment ago. */
export async function takeStudy(store: StudyStore, spool: string, clock: Clock): Promise<Taken> {
  const number = (serial += 1)
  const rows = LEAST_ROWS + ((number * 37) % (MOST_ROWS - LEAST_ROWS))
  const bytes = makeDicom({
    transferSyntax: SYNTAX.explicit, sopInstanceUid: `2.25.7${number}`, modality: 'DX', columns: COLUMNS, rows, bitsStored: 16, patientId: `PHANTOM-${number}`, patientName: `Phantom^${number}`,
    pixels: new Uint16Array(randomBytes(COLUMNS * rows * 2).buffer.slice(0, COLUMNS * rows * 2))
  })
  const spoolPath = join(spool, `film-${number}`)
  await writeFile(spoolPath, bytes)
  const facts = readFacts(bytes)
  if (!facts.ok) throw new Error(facts.error.message)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { id } = await store.create({
    spoolPath, object: { sha256, bytes: bytes.length, content: 'dicom', fingerprint: sha256, sopInstanceUid: facts.value.sopInstanceUid },
    source: { kind: 'dicom', deviceId: 'dicom' }, receivedAt: clock.now().toISOString(), timeUncertain: false, dicom: facts.value
  })
  const level: TriageLevel = number % URGENT_EVERY === 0 ? 'urgent' : 'routine'
  await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready', modality: 'cxr', reading: { ...sampleStudy.reading!, modality: 'cxr' }, triage: { level, text: 'Phantom.' } }))
  return { id, level, imageBytes: bytes.length }
}
