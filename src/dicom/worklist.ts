import { createHash } from 'node:crypto'
import type { WorklistItem, WorklistQuery } from '../domain/worklist.js'
import { uidFrom } from './uids.js'

export const MODALITY_WORKLIST = '1.2.840.10008.5.1.4.31'

/** dcmjs's natural form of a data set: keywords to values, sequences as lists of the same. */
export type NaturalDataSet = { readonly [keyword: string]: unknown }

const STEP = 'ScheduledProcedureStepSequence'

/** One text value of a natural data set, without padding; undefined when absent or empty (universal matching). */
export function textOf(set: NaturalDataSet, keyword: string): string | undefined {
  let value: unknown = set[keyword]
  if (Array.isArray(value)) value = value[0]
  if (typeof value === 'object' && value !== null && 'Alphabetic' in value) value = value.Alphabetic
  if (value instanceof String) value = value.valueOf()
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).replaceAll('\0', '').trim() : ''
  return text === '' ? undefined : text
}

/** The first item of a sequence, empty when there is none. */
export function itemOf(set: NaturalDataSet, keyword: string): NaturalDataSet {
  const value = set[keyword]
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'object' && first !== null ? (first as NaturalDataSet) : {}
}

/** The matching keys of a worklist query (PS3.4 table K.6-1) that this house knows. `*` alone asks for everything. */
export function worklistQueryOf(identifier: NaturalDataSet): WorklistQuery {
  const step = itemOf(identifier, STEP)
  const asked = (set: NaturalDataSet, keyword: string): string | undefined => {
    const text = textOf(set, keyword)
    return text === '*' ? undefined : text
  }
  return defined({
    patientId: asked(identifier, 'PatientID'), patientName: asked(identifier, 'PatientName'),
    modality: asked(step, 'Modality'), stationAeTitle: asked(step, 'ScheduledStationAETitle'),
    ...dayRange(asked(step, 'ScheduledProcedureStepStartDate'))
  })
}

/** PS3.4 C.2.2.2.5: `20260301`, `20260301-`, `-20260301` or `20260301-20260307`. What is no date matches everything. */
function dayRange(text: string | undefined): { from?: string | undefined; to?: string | undefined } {
  const [, first, dash, last] = /^(\d{8})?(-)?(\d{8})?$/.exec(text?.replaceAll(/[.\s]/g, '') ?? '') ?? []
  return { from: day(first), to: day(dash ? last : first) }
}

const day = (digits: string | undefined): string | undefined => digits?.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')

/** The answer for one person: of all that is known, what was asked for, and always who it is and which study to file it under. */
export function worklistAnswer(item: WorklistItem, identifier: NaturalDataSet): NaturalDataSet {
  const askedStep = itemOf(identifier, STEP)
  const key = [item.patientId, item.date, item.description, item.accessionNumber, item.studyInstanceUid].filter(Boolean).join(' ')
  const id = createHash('sha256').update(key).digest('hex').slice(0, 12).toUpperCase()
  const date = item.date.replaceAll('-', '')
  const description = item.description ?? 'Screening'
  const all: NaturalDataSet = {
    AccessionNumber: item.accessionNumber ?? '', ReferringPhysicianName: '', PatientBirthDate: item.birthDate?.replaceAll('-', '') ?? '', PatientSex: item.sex ?? '',
    RequestedProcedureID: id, RequestedProcedureDescription: description, StudyDescription: description, StudyDate: date, AdmissionID: '', MedicalAlerts: '', Allergies: '', PatientWeight: ''
  }
  const step: NaturalDataSet = {
    Modality: item.modality ?? textOf(askedStep, 'Modality') ?? 'OT',
    ScheduledStationAETitle: item.stationAeTitle ?? textOf(askedStep, 'ScheduledStationAETitle') ?? '',
    ScheduledProcedureStepStartDate: date, ScheduledProcedureStepStartTime: item.time === undefined ? '' : `${item.time.replaceAll(':', '')}00`.slice(0, 6),
    ScheduledPerformingPhysicianName: '', ScheduledProcedureStepDescription: description, ScheduledProcedureStepID: id, ScheduledStationName: '', ScheduledProcedureStepLocation: ''
  }
  return {
    SpecificCharacterSet: 'ISO_IR 192', ...only(all, identifier), PatientName: item.patientName.replaceAll(/[\\=]/g, ' '), PatientID: item.patientId,
    StudyInstanceUID: item.studyInstanceUid ?? uidFrom(createHash('sha256').update(`worklist ${key}`).digest()), RequestedProcedureID: id,
    [STEP]: [{ ...only(step, askedStep), Modality: step['Modality'], ScheduledProcedureStepID: id, ScheduledProcedureStepStartDate: date }]
  }
}

const only = (all: NaturalDataSet, asked: NaturalDataSet): NaturalDataSet => Object.fromEntries(Object.entries(all).filter(([keyword]) => Object.hasOwn(asked, keyword)))

const defined = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
