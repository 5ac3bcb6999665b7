import type { Delivery } from '../../src/domain/delivery.js'
import type { TriageLevel } from '../../src/domain/finding.js'
import type { Study } from '../../src/domain/study.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { newStudy } from '../store/studies.js'

export const committed: Delivery = {
  destination: 'pacs', kind: 'image', sopClassUid: '1.2', sopInstanceUid: '2.25.1', report: 1, identityHash: 'x', state: 'committed', at: '2026-03-01T09:00:00.000Z', attempts: 0
}

/** A study with a verdict, whose image the archive `pacs` keeps. */
export async function archivedStudy(store: StudyStore, root: string, options: { level?: TriageLevel; deliveries?: readonly Delivery[]; receivedAt?: string; bytes?: Uint8Array; sopInstanceUid?: string } = {}): Promise<Study> {
  const { level = 'routine', receivedAt = '2026-03-01T08:00:00.000Z', bytes, sopInstanceUid } = options
  const { deliveries = [sopInstanceUid ? { ...committed, sopInstanceUid } : committed] } = options
  const arrived = await newStudy(root, { receivedAt, ...(bytes ? { bytes } : {}) })
  const { id } = await store.create({ ...arrived, object: { ...arrived.object, ...(sopInstanceUid ? { sopInstanceUid } : {}) } })
  return store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready', triage: { level, text: 'x' }, deliveries }))
}
