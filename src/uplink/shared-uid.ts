import type { Study } from '../domain/study.js'
import type { StudyStore } from '../store/study-store.js'

/** Whether an image left under a UID that another study left under too. */
export async function sharesUid(store: Pick<StudyStore, 'findBySopInstanceUid' | 'read'>, study: Study): Promise<boolean> {
  const uids = new Set((study.deliveries ?? []).filter(({ kind }) => kind === 'image').map(({ sopInstanceUid }) => sopInstanceUid))
  const shared = await Promise.all([...uids].map((uid) => isShared(store, study, uid)))
  return shared.includes(true)
}

/** Whether another study left under this UID too, as older versions let it: what an archive has or says under it may be of either, and proves nothing. */
export async function isShared(store: Pick<StudyStore, 'findBySopInstanceUid' | 'read'>, { id }: Pick<Study, 'id'>, sopInstanceUid: string): Promise<boolean> {
  const others = await Promise.all(store.findBySopInstanceUid(sopInstanceUid).filter((other) => other !== id).map((other) => store.read(other).catch(() => undefined)))
  return others.some((other) => other?.deliveries?.some((one) => one.sopInstanceUid === sopInstanceUid))
}
