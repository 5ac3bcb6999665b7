import type { Pixels } from '../domain/image-content.js'
import { smoothStep } from './arithmetic.js'
import { echoAt, layChestWall } from './lung-echoes.js'
import type { LungPattern } from './lung-echoes.js'
import { drawMark } from './mark.js'
import type { Plane } from './plane.js'
import { createPlane, toBytes } from './plane.js'
import { noiseAt } from './random.js'

export type LungUltrasoundOptions = {
  readonly seed: number
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** Frames of a clip: the lung slides under a still chest wall. 1 unless said otherwise. */
  readonly frames?: number
  /** a-lines (as left out) is a normal lung. */
  readonly pattern?: LungPattern
  /** Writes PHANTOM into the corner of each frame; on unless switched off. */
  readonly mark?: boolean
}

/** The probe's curved face and the deepest echo, in picture heights from a point above the picture. */
const PROBE_RADIUS = 0.36
const DEEPEST_RADIUS = 1.32
const APEX_ABOVE = 0.34

/** A generated convex-probe view between two ribs, one channel: the same bytes for the same options on every machine. */
export function lungUltrasoundPhantom(options: LungUltrasoundOptions): Pixels {
  const { width, height } = options
  const frames = options.frames ?? 1
  const data = new Uint8Array(width * height * frames)
  for (let frame = 0; frame < frames; frame++) {
    const plane = createPlane(width, height)
    paintSector(plane, options, frame)
    if (options.mark ?? true) drawMark([{ plane, value: 0.6 }])
    data.set(toBytes([plane]), frame * width * height)
  }
  return { width, height, channels: 1, frames, data }
}

function paintSector(plane: Plane, options: LungUltrasoundOptions, frame: number): void {
  const { width, height } = plane
  const wall = layChestWall(options.seed, options.pattern ?? 'a-lines')
  const slope = Math.min(0.7, (0.62 * width) / height)
  for (let py = 0; py < height; py++)
    for (let px = 0; px < width; px++) {
      const x = (px - (width - 1) / 2) / height
      const y = py / height + APEX_ABOVE
      const side = x / y / slope
      const depth = (Math.sqrt(x * x + y * y) - PROBE_RADIUS) / (DEEPEST_RADIUS - PROBE_RADIUS)
      if (depth < 0 || depth > 1 || Math.abs(side) > 1) continue
      const rim = smoothStep(1, 0.985, Math.abs(side)) * smoothStep(1, 0.99, depth)
      const echo = echoAt(wall, { side, depth, frame })
      plane.data[py * width + px] = rim * compress(echo * speckleAt(options.seed + frame * 17, side, depth))
    }
}

/** Grain of the beam: finer along it than across, about 0.4 to 1.7 with mean near 1. */
function speckleAt(seed: number, side: number, depth: number): number {
  const coarse = noiseAt(seed, side * 14, depth * 90)
  const fine = noiseAt(seed + 5, side * 45, depth * 230)
  return 0.92 + 0.42 * coarse + 0.3 * fine + 0.3 * coarse * fine
}

/** The machine's compression of loud echoes. */
const compress = (echo: number): number => (echo <= 0 ? 0 : (1.35 * echo) / (echo + 0.4))
