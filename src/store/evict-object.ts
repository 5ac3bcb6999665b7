import { dirname } from 'node:path'
import type { StudyId } from '../domain/ids.js'
import type { Study } from '../domain/study.js'
import { fsyncDirectory, isErrno, removeDurable } from '../platform/durable-fs.js'
import type { StudyStore } from './study-store.js'

/** The study is not what it was when its eviction was decided. */
class Changed extends Error {}

type Eviction = { readonly at: string; readonly archives: readonly string[]; /** Whether it may still go, asked of the document as it stands. */ mayGo(study: Study): boolean }

/**
 * Gives up the bytes of an image that archives keep, and the pictures made of it; the document stays and says where the image is. The document
 * is changed first: cut off in between, the next pass removes the rest. False when the study may not go any more.
 */
export async function evictObject(store: StudyStore, id: StudyId, { at, archives, mayGo }: Eviction): Promise<boolean> {
  try {
    const study = await store.change(id, { by: 'system', event: 'image-evicted', detail: archives.join(' '), quiet: true }, (now) => {
      if (!mayGo(now)) throw new Changed()
      return { ...now, evicted: { at, archives } }
    })
    await removeBytes(store, study)
    return true
  } catch (error) {
    if (error instanceof Changed) return false
    throw error
  }
}

/** Removes what of an evicted study is still there; safe to repeat. */
export async function removeBytes(store: Pick<StudyStore, 'objectPath' | 'derivedFolder'>, study: Study): Promise<void> {
  if (!study.evicted) return
  const path = store.objectPath(study)
  try {
    await removeDurable(store.derivedFolder(study.id))
    await removeDurable(path)
    await fsyncDirectory(dirname(path))
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}
