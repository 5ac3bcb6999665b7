import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import type { DerivedFile } from '../domain/reading.js'
import type { Result } from '../domain/result.js'
import { ok } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import type { StudyStore } from '../store/study-store.js'
import type { Reader } from './reader/reader.js'

export type FullFrameParts = { readonly store: Pick<StudyStore, 'objectPath' | 'derivedFolder'>; readonly reader: Pick<Reader, 'render'> }

/** One frame in every pixel, 8-bit PNG in the study's derived folder; undefined when the object has no such frame. Problems: those of `Reader.render`. */
export type FullFrame = (study: Study, frame: number) => Promise<Result<DerivedFile | undefined, Problem>>

/**
 * Pictures in every pixel are made when somebody zooms or when an object of their pixels leaves, and kept: a verdict does not wait for
 * them, and a clip has hundreds.
 */
export const createFullFrames = (parts: FullFrameParts): FullFrame => async (study, frame) => {
  if (!study.reading || frame >= study.reading.image.frames) return ok(undefined)
  const invert = study.reading.quality.reasons.some(({ code }) => code === 'inverted-put-right')
  const filmPhoto = study.reading.quality.reasons.some(({ code }) => code === 'read-from-photo')
  const file: DerivedFile = { role: 'full', name: `full-${frame}${invert ? '-inverted' : ''}.png`, frame }
  const kept = await stat(join(parts.store.derivedFolder(study.id), file.name)).catch(() => undefined)
  if (kept?.isFile()) return ok(file)
  const made = await make(parts, study, { file, invert, filmPhoto })
  return made.ok ? ok(file) : made
}

/** Under its name only when it is whole: two tablets may ask at once, and the reader may be ended half-way. */
async function make({ store, reader }: FullFrameParts, study: Study, { file, ...how }: { file: DerivedFile; invert: boolean; filmPhoto: boolean }): Promise<Result<string, Problem>> {
  const folder = store.derivedFolder(study.id)
  const target = join(folder, `${randomUUID()}.png`)
  await mkdir(folder, { recursive: true })
  try {
    const made = await reader.render({ path: store.objectPath(study), frame: file.frame ?? 0, size: 'full', target, ...how })
    if (made.ok) await rename(target, join(folder, file.name))
    return made
  } finally {
    await rm(target, { force: true })
  }
}
