import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Delivery } from '../domain/delivery.js'
import { DamagedError } from '../domain/errors.js'
import type { StudyId } from '../domain/ids.js'
import type { ContentKind } from '../domain/image-content.js'
import type { StandIn, Study } from '../domain/study.js'
import { fsyncDirectory, linkOrCopy, temporaryBeside } from '../platform/durable-fs.js'
import { checkObject } from './check-object.js'
import { nameOf } from './new-study.js'
import type { StudyStore } from './study-store.js'

/** Bytes that take the place of a study's damaged, missing or evicted object; `from` names the device or archive. The file stays where it is. */
export type Replacement = { readonly path: string; readonly sha256: string; readonly bytes: number; readonly content: ContentKind; readonly from: string; readonly at: string }

/**
 * Puts an object back into its study, durable on return. Bytes other than those received (an archive's copy, another meta header) stand in for
 * them: what identifies the object stays, so that it is known when it comes again and leaves under the same UID.
 * @throws DamagedError when the replacement is not what it says
 */
export async function restoreObject(store: StudyStore, id: StudyId, replacement: Replacement): Promise<Study> {
  const { path, sha256, bytes, from, at } = replacement
  if ((await checkObject(path, replacement)) !== 'good') throw new DamagedError('The copy that came back is damaged too. It is fetched again later.')
  const study = await store.read(id)
  const held: StandIn = { name: nameOf(replacement), sha256, bytes, from, at }
  await placeObject(store, id, replacement)
  const restored = await store.change(id, { by: 'system', event: 'image-restored', detail: from, quiet: true }, (now) => withBytes(now, held))
  const before = store.objectPath(study)
  if (before !== store.objectPath(restored)) await rm(before, { force: true })
  return restored
}

/** Puts the bytes into the study's folder under their own name, durable on return; its document says nothing of them yet. */
export async function placeObject(store: StudyStore, id: StudyId, { path, sha256, content }: Pick<Replacement, 'path' | 'sha256' | 'content'>): Promise<void> {
  const target = join(dirname(store.derivedFolder(id)), nameOf({ sha256, content }))
  const beside = temporaryBeside(target)
  try {
    await linkOrCopy(path, beside)
    await rename(beside, target)
  } finally {
    await rm(beside, { force: true })
  }
  await fsyncDirectory(dirname(target))
}

/** They were damaged, or in the archive alone. */
const LACKED_BYTES: ReadonlySet<string | undefined> = new Set(['object-damaged', 'object-evicted'])

/** What could not leave for want of good bytes leaves now. */
function goOn(delivery: Delivery): Delivery {
  if (delivery.state !== 'needs-person' || !LACKED_BYTES.has(delivery.problem?.code)) return delivery
  const { problem: _problem, ...rest } = delivery
  return { ...rest, state: 'pending' }
}

/** A reading that gave up for want of good bytes begins again. */
function withBytes(study: Study, held: StandIn): Study {
  const { evicted: _evicted, ...rest } = study
  const { standIn: _earlier, ...object } = study.object
  const deliveries = study.deliveries?.map(goOn)
  const restored = { ...rest, ...(deliveries ? { deliveries } : {}), object: held.sha256 === object.sha256 ? object : { ...object, standIn: held } }
  if (!LACKED_BYTES.has(study.failure?.code)) return restored
  const { failure: _failure, ...again } = restored
  return { ...again, state: 'received', attempts: 0 }
}
