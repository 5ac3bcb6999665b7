import type { Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import type { WorklistItem } from '../domain/worklist.js'
import type { DataSet } from './data-set.js'
import { find, type Keys } from './find-scu.js'
import { isUid } from './uids.js'
import type { AssociationTimes } from './upper-layer/association.js'
import type { Peer } from './upper-layer/peer.js'
import { itemsOf } from './walk.js'
import { MODALITY_WORKLIST } from './worklist.js'

const TAG = {
  characterSet: 0x00080005, accession: 0x00080050, name: 0x00100010, id: 0x00100020, birthDate: 0x00100030, sex: 0x00100040, study: 0x0020000d,
  requestedProcedure: 0x00321060, steps: 0x00400100, modality: 0x00080060, startDate: 0x00400002, startTime: 0x00400003, stepDescription: 0x00400007
} as const
/** A clinic sees far fewer people in a week. */
const MOST = 1000

/** First and last day, yyyy-mm-dd. */
export type Days = { readonly from: string; readonly to: string }
/** `unusable`: answers without a number, a name or a day; `cutShort`: the peer had more than is read. */
export type AnsweredWorklist = { readonly items: readonly WorklistItem[]; readonly unusable: number; readonly cutShort: boolean }

/** The modality worklist of a peer (PS3.4 annex K) for these days; each person under the number that the peer knows. Problems: those of `find`. */
export async function askWorklist(peer: Peer, days: Days, times: AssociationTimes): Promise<Result<AnsweredWorklist, Problem>> {
  const found = await find(peer, { sopClassUid: MODALITY_WORKLIST, keys: [keysOf(days)], most: MOST, times })
  if (!found.ok) return err(found.error)
  const answers = found.value.flat()
  const items = answers.flatMap((answer) => itemOf(answer) ?? [])
  return ok({ items, unusable: answers.length - items.length, cutShort: answers.length >= MOST })
}

const digits = (day: string): string => day.replaceAll('-', '')

const keysOf = ({ from, to }: Days): Keys => ({
  [TAG.characterSet]: 'ISO_IR 192', [TAG.accession]: '', [TAG.name]: '', [TAG.id]: '', [TAG.birthDate]: '', [TAG.sex]: '', [TAG.study]: '', [TAG.requestedProcedure]: '',
  [TAG.steps]: { [TAG.modality]: '', [TAG.startDate]: `${digits(from)}-${digits(to)}`, [TAG.startTime]: '', [TAG.stepDescription]: '' }
})

function itemOf(answer: DataSet): WorklistItem | undefined {
  const step = itemsOf(answer, TAG.steps)[0]
  const patientId = answer.text(TAG.id)
  const patientName = answer.text(TAG.name)?.split('=')[0]?.replaceAll('^', ' ').replaceAll(/\s+/g, ' ').trim()
  const date = isoDay(step?.text(TAG.startDate))
  if (!patientId || !patientName || !date) return undefined
  const [, hour, minute] = /^(\d{2}):?(\d{2})/.exec(step?.text(TAG.startTime) ?? '') ?? []
  return defined({
    patientId, patientName, date, time: hour && `${hour}:${minute}`, birthDate: isoDay(answer.text(TAG.birthDate)), sex: sexOf(answer.text(TAG.sex)),
    description: step?.text(TAG.stepDescription) ?? answer.text(TAG.requestedProcedure), modality: step?.text(TAG.modality)?.toUpperCase(),
    accessionNumber: answer.text(TAG.accession), studyInstanceUid: answer.strings(TAG.study).find(isUid)
  }) as WorklistItem
}

const isoDay = (text: string | undefined): string | undefined => (/^\d{8}$/.test(text ?? '') ? text!.replace(/^(\d{4})(\d{2})/, '$1-$2-') : undefined)
const sexOf = (text: string | undefined): WorklistItem['sex'] => (['F', 'M', 'O'] as const).find((sex) => sex === text?.toUpperCase())
const defined = (value: object): object => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined))
