import type { Log } from '../platform/log.js'

/** What the DICOM side reports, with stable ids. Never a patient's name or number, nor a UID that leads to one. */
export const events = {
  listening: (log: Log, fields: { host: string; port: number; aeTitle: string; tlsPort?: number }): void => log.info('dicom-listening', fields),
  associationAccepted: (log: Log, fields: { calling: string; called: string; accepted: number; proposed: number }): void => log.info('dicom-association-accepted', fields),
  associationRefused: (log: Log, fields: { calling: string; reason: string }): void => log.warn('dicom-association-refused', fields),
  associationBroken: (log: Log, fields: { calling: string; reason: string }): void => log.warn('dicom-association-broken', fields),
  objectAnswered: (log: Log, fields: { calling: string; status: number; bytes: number; transferSyntaxUid: string; ms: number }): void => log.info('dicom-object-answered', fields),
  objectFailed: (log: Log, fields: { calling: string; reason: string }): void => log.error('dicom-object-failed', fields)
}

/** AE titles come from the network: printable, 16 characters at most. */
export const tidyAeTitle = (title: string): string => title.replaceAll(/[^\x20-\x7e]/g, '').trim().slice(0, 16)
