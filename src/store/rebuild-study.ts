import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ContentKind, DicomFacts } from '../domain/image-content.js'
import type { IsoTime, StudyId } from '../domain/ids.js'
import { bytesOf, SAME_UID } from '../domain/study.js'
import type { StoredObject, Study, StudySummary } from '../domain/study.js'
import { checkObject, hashFile } from './check-object.js'
import type { StudyStore } from './study-store.js'

const OBJECT_NAME = /^([0-9a-f]{64})\.(dcm|jpg|png|tif|bmp)$/
const CONTENT: Readonly<Record<string, ContentKind>> = { dcm: 'dicom', jpg: 'jpeg', png: 'png', tif: 'tiff', bmp: 'bmp' }

export type RebuildParts = { readonly store: StudyStore; readonly now: () => IsoTime; /** What the object says of itself. */ readonly identify: (path: string) => Promise<{ readonly fingerprint: string; readonly dicom?: DicomFacts }> }

/**
 * Makes a document anew from the object in the folder, by whose name its bytes are checked, and from what the lists last said. False when no
 * good object is there. Reviews, answers and deliveries of the lost document stay lost: the image is read again, and the history says so.
 * An image that came again meanwhile, and is well kept by another study, is not doubled: the damaged folder is set aside.
 */
export async function rebuildStudy({ store, now, identify }: RebuildParts, id: StudyId): Promise<boolean> {
  const folder = dirname(store.derivedFolder(id))
  const found = await findObject(folder)
  if (!found) return false
  const { fingerprint, dicom } = await identify(join(folder, found.name))
  const sopInstanceUid = dicom?.sopInstanceUid || undefined
  const object: StoredObject = { ...found, fingerprint, ...(sopInstanceUid ? { sopInstanceUid } : {}) }
  if (store.summary(id) === undefined && await isKept(store, store.findByFingerprint(fingerprint))) await store.setAside(id)
  else await store.rebuild(id, async (lastKnown, sequence) => rebuilt({ id, object, dicom, lastKnown, sequence, at: now(), isTaken: hasEarlier(store, { id, sequence, sopInstanceUid }) }))
  return true
}

/** Whether the UID is another study's that came before. */
const hasEarlier = (store: StudyStore, { id, sequence, sopInstanceUid = '' }: { readonly id: StudyId; readonly sequence: number; readonly sopInstanceUid: string | undefined }): boolean =>
  store.findBySopInstanceUid(sopInstanceUid).some((other) => other !== id && (store.summary(other)?.sequence ?? sequence) < sequence)

/** Whether a study holds its image, or gave it up to an archive. */
async function isKept(store: StudyStore, id: StudyId | undefined): Promise<boolean> {
  const study = id === undefined ? undefined : await store.read(id).catch(() => undefined)
  return study !== undefined && (study.evicted !== undefined || (await checkObject(store.objectPath(study), bytesOf(study.object))) === 'good')
}

async function findObject(folder: string): Promise<Omit<StoredObject, 'fingerprint'> | undefined> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, sha256, extension] = OBJECT_NAME.exec(name) ?? []
    if (sha256 === undefined || extension === undefined) continue
    const held = await hashFile(join(folder, name)).catch(() => undefined)
    if (held?.sha256 === sha256) return { name, sha256, bytes: held.bytes, content: CONTENT[extension] as ContentKind }
  }
  return undefined
}

type Known = { readonly id: StudyId; readonly object: StoredObject; readonly dicom: DicomFacts | undefined; readonly lastKnown: StudySummary | undefined; readonly sequence: number; readonly at: IsoTime; readonly isTaken: boolean }

function rebuilt({ id, object, dicom, lastKnown, sequence, at, isTaken }: Known): Study {
  const { patientId, laterality = dicom?.laterality, receivedAt = receivedOn(id), deviceId = 'unknown' } = lastKnown ?? {}
  return {
    formatVersion: 1, id, revision: (lastKnown?.revision ?? 0) + 1, state: 'received', sequence, receivedAt, timeUncertain: lastKnown === undefined,
    source: { kind: 'rebuilt', deviceId }, object, ...(dicom ? { dicom } : {}),
    ...(patientId === undefined ? {} : { patientId }), ...(laterality === undefined ? {} : { laterality }),
    answers: {}, questions: isTaken ? [SAME_UID] : [], reviews: [], attempts: 0,
    history: [{ at, event: 'rebuilt', by: 'system', detail: 'the document was damaged; reviews and answers before this are lost' }]
  }
}

/** An id begins with its day. */
const receivedOn = (id: StudyId): IsoTime => `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T00:00:00.000Z`
