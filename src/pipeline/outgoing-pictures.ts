import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { ok } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import type { HeatGrid } from '../report/heatmap-map.js'
import type { Picture } from '../report/picture.js'
import { baselineJpeg } from '../report/picture.js'
import type { StudyStore } from '../store/study-store.js'
import type { FullFrame } from './full-frame.js'

type Files = Pick<StudyStore, 'objectPath' | 'derivedFolder'>

/** Longest side of a heatmap that leaves: a heatmap is coarse, and the link is slow. */
const HEATMAP_SIDE = 768

type Sources = { readonly store: Files; readonly fullFrame: FullFrame }

/** The received picture: a baseline JPEG as it is, anything else as the 8-bit samples that the reader makes of it. */
export async function uprightPicture({ store, fullFrame }: Sources, study: Study): Promise<Result<Picture, Problem>> {
  const path = store.objectPath(study)
  if (study.object.content === 'jpeg') {
    const jpeg = await readFile(path)
    const shape = baselineJpeg(jpeg)
    const { orientation = 1 } = await sharp(jpeg).metadata()
    if (shape && orientation === 1) return ok({ ...shape, bytes: jpeg, encoding: 'jpeg-baseline' })
  }
  const full = await fullFrame(study, 0)
  if (!full.ok) return full
  const source = full.value === undefined ? sharp(path).rotate() : sharp(join(store.derivedFolder(study.id), full.value.name))
  const { data, info } = await source.removeAlpha().raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return ok({ width: info.width, height: info.height, channels: info.channels === 1 ? 1 : 3, bytes: data, encoding: 'raw', lossy: study.object.content === 'jpeg' })
}

/** The tablet's picture with a heatmap over it, RGB. */
export async function overlaidPicture(files: Files, study: Study, heatmap: string): Promise<Picture> {
  const derived = study.reading?.derived ?? []
  const frame = derived.find(({ name }) => name === heatmap)?.frame
  const previews = derived.filter(({ role }) => role === 'preview')
  const preview = previews.find((file) => file.frame === frame) ?? previews[0]
  const path = (name: string): string => join(files.derivedFolder(study.id), name)
  const base = await sharp(path(preview?.name ?? '')).toColourspace('srgb').resize(HEATMAP_SIDE, HEATMAP_SIDE, { fit: 'inside', withoutEnlargement: true })
    .raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = base.info
  const overlay = await sharp(path(heatmap)).resize(width, height, { fit: 'fill' }).png().toBuffer()
  const { data } = await sharp(base.data, { raw: { width, height, channels } }).toColourspace('srgb').composite([{ input: overlay }]).removeAlpha().toColourspace('srgb')
    .raw().toBuffer({ resolveWithObject: true })
  return { width, height, channels: 3, bytes: data, encoding: 'raw', lossy: true }
}

/** Longest side of a heatmap as numbers: the network's own map is coarser. */
const GRID_SIDE = 128
/** What `inference/heatmap.ts` draws the hottest place with. */
const STRONGEST_ALPHA = 190

/** The heatmap without its colours: how warm each place is, over the whole image. */
export async function heatGrid(files: Files, study: Study, heatmap: string): Promise<HeatGrid> {
  const { data, info } = await sharp(join(files.derivedFolder(study.id), heatmap)).ensureAlpha().extractChannel('alpha').resize(GRID_SIDE, GRID_SIDE, { fit: 'inside', withoutEnlargement: true })
    .raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, values: Uint8Array.from(data, (alpha) => Math.min(255, Math.round((alpha * 255) / STRONGEST_ALPHA))) }
}
