import { createHash } from 'node:crypto'
import { rewriteIdentity } from '../../../src/dicom/codec.js'
import { uidFrom } from '../../../src/dicom/uids.js'
import { phantomDicom } from '../../../src/simulate/pictures.js'

export type Made = { readonly file: Buffer; readonly sopInstanceUid: string; readonly studyInstanceUid: string }

/** A phantom as another clinic sent it: of a person, on a day. */
export function priorObject(kind: 'fundus' | 'chest', { seed, day, person = {} }: { readonly seed: number; readonly day: string; readonly person?: Partial<Record<'patientId' | 'patientName' | 'patientBirthDate' | 'patientSex', string>> }): Made {
  const made = phantomDicom(kind, { seed, at: `${day}T09:00:00.000Z` })
  const uid = (what: string): string => uidFrom(createHash('sha256').update(`${what} ${kind} ${seed} ${day}`).digest())
  const uids = { sopInstanceUid: uid('instance'), studyInstanceUid: uid('study'), seriesInstanceUid: uid('series') }
  const file = rewriteIdentity(made.file, {
    patientId: 'C-0042', patientName: 'Person^Phantom', patientBirthDate: '19610517', patientSex: 'F', modifiedAt: '20260101000000', modifyingSystem: 'OTHER CLINIC', sopClassUid: made.sopClassUid, sopInstanceUid: uids.sopInstanceUid, uids, ...person
  })
  return { file: file!, ...uids }
}
