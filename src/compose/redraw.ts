import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { DerivedFile } from '../domain/reading.js'
import type { Study } from '../domain/study.js'
import { missingPictures } from '../operations/examine-study.js'
import type { FullFrame } from '../pipeline/full-frame.js'
import type { Reader } from '../pipeline/reader/reader.js'
import type { StudyStore } from '../store/study-store.js'

type Parts = { readonly store: StudyStore; readonly reader: Reader; readonly fullFrame: FullFrame }

/**
 * Makes the pictures anew that a study lists and lacks; its verdict stays. Heatmaps only by the very pack that made them: another one would show
 * something else than what was judged.
 */
export const createRedraw = (parts: Parts) => async (study: Study): Promise<Result<void, Problem>> => {
  const folder = parts.store.derivedFolder(study.id)
  const aside = join(dirname(folder), `.redrawn-${randomUUID()}.tmp`)
  try {
    await mkdir(aside)
    const reading = await parts.reader.read(requestOf(parts, study, aside))
    if (!reading.ok) return reading
    await mkdir(folder, { recursive: true })
    const drawn = reading.value.derived.filter(({ role }) => role !== 'heatmap' || reading.value.pack?.sha256 === study.reading?.pack?.sha256).map(({ name }) => name)
    const replaced = (await missingPictures(parts.store, study)).filter((name) => drawn.includes(name))
    for (const name of replaced) await rename(join(aside, name), join(folder, name))
    const now = await withSums(parts.store, study, reading.value.derived.filter(({ name }) => replaced.includes(name)))
    for (const { role, frame = 0 } of study.reading?.derived ?? []) if (role === 'full') await parts.fullFrame(study, frame)
    const missing = await missingPictures(parts.store, now)
    return missing.length === 0 ? ok(undefined) : err(problem('other-pack', 'Some pictures can not be made again, since another model is installed now. Have the image read again.'))
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** Another release may compress otherwise: the document says what the pictures are now. */
async function withSums(store: StudyStore, study: Study, drawn: readonly DerivedFile[]): Promise<Study> {
  const sums = new Map(drawn.map(({ name, sha256 }) => [name, sha256]))
  const summed = (file: DerivedFile): DerivedFile => ({ ...file, ...(sums.get(file.name) === undefined ? {} : { sha256: sums.get(file.name)! }) })
  if ((study.reading?.derived ?? []).every((file) => summed(file).sha256 === file.sha256)) return study
  return store.change(study.id, { by: 'system', event: 'pictures-redrawn', quiet: true }, (now) => (now.reading ? { ...now, reading: { ...now.reading, derived: now.reading.derived.map(summed) } } : now))
}

/** As it was asked for when it was read: of a photograph of a film the film, of a person the age, or another picture would lie under the heatmap. */
function requestOf({ store }: Parts, study: Study, derivedFolder: string): Parameters<Reader['read']>[0] {
  const { reading } = study
  const packId = reading?.pack?.id ?? study.answers.packId
  const ageYears = reading?.age?.years
  const filmPhoto = reading?.quality.reasons.some(({ code }) => code === 'read-from-photo')
  return { path: store.objectPath(study), derivedFolder, ...(packId === undefined ? {} : { packId }), ...(filmPhoto ? { filmPhoto } : {}), ...(ageYears === undefined ? {} : { ageYears }) }
}
