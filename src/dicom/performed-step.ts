import type { PerformedStep } from '../domain/worklist.js'
import { itemOf, textOf, type NaturalDataSet } from './worklist.js'

export const PERFORMED_PROCEDURE_STEP = '1.2.840.10008.3.1.2.3.3'

/** What a device reports of a step; the device id and the time are added by who receives it. */
export type ReportedStep = Omit<PerformedStep, 'deviceId' | 'at'>

const STATUSES: Readonly<Record<string, PerformedStep['status']>> = { 'IN PROGRESS': 'in-progress', COMPLETED: 'completed', DISCONTINUED: 'discontinued' }

/** An MPPS data set (PS3.4 F.7); undefined when it names no status, which changes nothing. */
export function performedStepOf(set: NaturalDataSet, from: { instanceUid: string; callingAeTitle: string }): ReportedStep | undefined {
  const status = STATUSES[textOf(set, 'PerformedProcedureStepStatus') ?? '']
  if (status === undefined) return undefined
  const patientId = textOf(set, 'PatientID')
  const studyInstanceUid = textOf(itemOf(set, 'ScheduledStepAttributesSequence'), 'StudyInstanceUID')
  return { ...from, status, ...(patientId === undefined ? {} : { patientId }), ...(studyInstanceUid === undefined ? {} : { studyInstanceUid }) }
}
