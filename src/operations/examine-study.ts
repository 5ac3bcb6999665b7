import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StudyId } from '../domain/ids.js'
import type { DerivedFile } from '../domain/reading.js'
import { bytesOf } from '../domain/study.js'
import type { Study } from '../domain/study.js'
import type { Pace } from '../store/check-object.js'
import { checkObject } from '../store/check-object.js'
import type { StudyStore } from '../store/study-store.js'
import type { Fault } from './condition.js'

export type Examined = { readonly study?: Study; /** The file is still of an older format. */ readonly isOutdated?: boolean; readonly faults: readonly Fault[] }

/** Reads everything of one study and compares it with its checksums; changes nothing but a document that has to fall back to the version before. */
export async function examineStudy(store: StudyStore, id: StudyId, pace: Pace): Promise<Examined> {
  const opened = await store.readAsIs(id).catch(() => undefined)
  if (!opened) return { faults: ['document-unreadable'] }
  const { study, fromPrevious, isOutdated } = opened
  const faults: Fault[] = fromPrevious ? ['document-previous'] : []
  if (study.evicted) return { study, faults, isOutdated }
  const condition = await checkObject(store.objectPath(study), bytesOf(study.object), pace)
  if (condition !== 'good') faults.push(`object-${condition}`)
  if ((await missingPictures(store, study, pace)).length > 0) faults.push('pictures-missing')
  return { study, faults, isOutdated }
}

/** Names of the derived pictures that the document lists and the folder lacks, has empty, or has with other bytes. */
export async function missingPictures(store: Pick<StudyStore, 'derivedFolder'>, study: Study, pace?: Pace): Promise<string[]> {
  const missing: string[] = []
  for (const file of study.reading?.derived ?? []) if (!(await isSound(join(store.derivedFolder(study.id), file.name), file, pace))) missing.push(file.name)
  return missing
}

/** A picture is there and as it was drawn; of one that an earlier release drew only the size can be asked. */
export async function isSound(path: string, { sha256 }: Pick<DerivedFile, 'sha256'>, pace?: Pace): Promise<boolean> {
  const size = await stat(path).then((found) => found.size, () => 0)
  if (size === 0 || sha256 === undefined) return size > 0
  return (await checkObject(path, { sha256, bytes: size }, pace)) === 'good'
}
