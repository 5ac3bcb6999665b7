import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DerivedFile } from '../../domain/reading.js'
import type { Study } from '../../domain/study.js'
import type { WebDependencies } from '../dependencies.js'
import { HttpError } from '../http-error.js'

/**
 * A frame of a clip in every pixel. The reading writes the first one only, because a clip has hundreds; another one is made when
 * somebody asks for it, and kept. Undefined when the object has no such frame.
 * @throws HttpError 503 when the reader can't make it now
 */
export async function fullFrame(deps: Pick<WebDependencies, 'store' | 'reader'>, study: Study, frame: number): Promise<DerivedFile | undefined> {
  if (!study.reading || frame >= study.reading.image.frames) return undefined
  const invert = study.reading.quality.reasons.some(({ code }) => code === 'inverted-put-right')
  const file: DerivedFile = { role: 'full', name: `full-${frame}${invert ? '-inverted' : ''}.png`, frame }
  const folder = deps.store.derivedFolder(study.id)
  const kept = await stat(join(folder, file.name)).catch(() => undefined)
  if (!kept?.isFile()) await make(deps, { study, folder, name: file.name, frame, invert })
  return file
}

type Wanted = { readonly study: Study; readonly folder: string; readonly name: string; readonly frame: number; readonly invert: boolean }

/** Under its name only when it is whole: two tablets may ask at once, and the reader may be ended half-way. */
async function make({ store, reader }: Pick<WebDependencies, 'store' | 'reader'>, { study, folder, name, frame, invert }: Wanted): Promise<void> {
  const target = join(folder, `${randomUUID()}.png`)
  await mkdir(folder, { recursive: true })
  try {
    const made = await reader.render({ path: store.objectPath(study), frame, size: 'full', target, invert })
    if (!made.ok) throw new HttpError(503, made.error, { 'Retry-After': '5' })
    await rename(target, join(folder, name))
  } finally {
    await rm(target, { force: true })
  }
}
