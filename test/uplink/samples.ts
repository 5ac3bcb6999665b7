import type { Delivery, SentIdentity } from '../../src/domain/delivery.js'
import type { Description, Destination } from '../../src/uplink/destination.js'

export const pacs: Destination = {
  id: 'pacs', kind: 'dicom', send: ['images', 'sr', 'heatmap', 'pdf'], commitment: true, deidentified: false, onCorrection: 'ask', recompress: true, policy: { onlyUnmetered: false },
  options: { host: '127.0.0.1', port: 4242, aeTitle: 'ORTHANC', callingAeTitle: 'SCREENPOST' }
}

/** The same at another port. */
export const pacsAt = (port: number, more: Partial<Destination> = {}): Destination => ({ ...pacs, options: { host: '127.0.0.1', port, aeTitle: 'ORTHANC', callingAeTitle: 'SCREENPOST' }, ...more })

export const delivery: Delivery = {
  destination: 'pacs', kind: 'sr', sopClassUid: '1.2', sopInstanceUid: '2.25.1', report: 1, identityHash: 'anna', state: 'pending', at: '2026-03-04T10:00:00.000Z', attempts: 0
}

const identityOf = (patientId: string): SentIdentity => ({ source: 'registered', patientId, patientName: '', birthDate: '', sex: '' })

/** A study that says `content` of `identity`: an image that keeps its UID and a report of each revision. */
export const saying = (contentHash: string, identityHash = 'anna'): Description => ({
  contentHash, identityHash, identity: identityOf(identityHash), isNobody: (hash) => hash === 'nobody',
  objects: (revision, reissue) => [
    { kind: 'sr', sopClassUid: '1.2', sopInstanceUid: `2.25.1${revision}`, studyInstanceUid: `2.25.90${reissue}` }, { kind: 'image', sopClassUid: '1.3', sopInstanceUid: `2.25.7${reissue === 0 ? '' : reissue}`, studyInstanceUid: `2.25.90${reissue}` }
  ],
  pseudonymous: (object) => ({ ...object, sopInstanceUid: `${object.sopInstanceUid}99` }),
  rejection: (_, uids) => ({ kind: 'rejection', sopClassUid: '1.4', sopInstanceUid: `2.25.4${uids.length}` })
})
