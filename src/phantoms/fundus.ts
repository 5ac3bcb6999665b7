import type { Laterality, Pixels } from '../domain/image-content.js'
import { bump, clamp, smoothStep } from './arithmetic.js'
import { drawLesions } from './fundus-lesions.js'
import type { FundusLesions } from './fundus-lesions.js'
import { growRetinalVessels } from './fundus-vessels.js'
import { drawMark } from './mark.js'
import { layRetina } from './retina.js'
import type { Retina } from './retina.js'
import type { Plane } from './plane.js'
import { blurPlane, createPlane, toBytes } from './plane.js'
import { between, cloudAt, createRandom, hashAt } from './random.js'

export type FundusOptions = {
  readonly seed: number
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** R unless said otherwise; decides on which side the optic disc lies. */
  readonly eye?: Laterality
  /** How many of each lesion. */
  readonly lesions?: Partial<FundusLesions>
  /** 0 sharp (as left out) to 1 useless: blur of that many hundredths of the field's diameter. */
  readonly blur?: number
  /** 1 (as left out) is well lit, 0.3 is a dark photograph, 1.8 is burnt out. */
  readonly exposure?: number
  /** Writes PHANTOM into the corner; on unless switched off. */
  readonly mark?: boolean
}

/**
 * A generated colour photograph of the back of the eye (45 degrees of field, black surround): optic disc, macula, vessels,
 * and the lesions asked for. RGB, one frame, the same bytes for the same options on every machine.
 */
export function fundusPhantom(options: FundusOptions): Pixels {
  const { width, height, seed } = options
  const retina = layRetina(options)
  const planes = [createPlane(width, height), createPlane(width, height), createPlane(width, height)] as const
  const vessels = growRetinalVessels(retina, createPlane(width, height))
  paintRetina(planes, retina, vessels)
  drawLesions(planes, retina, options.lesions ?? {})
  for (const plane of planes) blurPlane(plane, (options.blur ?? 0) * retina.radius * 0.02)
  expose(planes, retina, { exposure: options.exposure ?? 1, seed })
  if (options.mark ?? true) drawMark(planes.map((plane) => ({ plane, value: 0.6 })))
  return { width, height, channels: 3, frames: 1, data: toBytes(planes) }
}

/** Choroid, fovea and disc, with the vessels' shadow over them; the light falls off towards the rim. */
function paintRetina(planes: readonly [Plane, Plane, Plane], retina: Retina, vessels: Plane): void {
  const { width, height } = vessels
  const [red, green, blue] = planes
  const pigment = between(createRandom(retina.seed + 7), -0.12, 0.12)
  for (let py = 0; py < height; py++)
    for (let px = 0; px < width; px++) {
      const x = (px - retina.centreX) / retina.radius
      const y = (py - retina.centreY) / retina.radius
      const fromCentre = x * x + y * y
      if (fromCentre > 1.02) continue
      const at = py * width + px
      const choroid = 1 + 0.1 * cloudAt(retina.seed, x * 3, y * 3) + 0.05 * cloudAt(retina.seed + 9, x * 14, y * 9)
      const light = choroid * (1 - 0.38 * fromCentre)
      const macula = 1 - 0.38 * bump(distance(x, y, retina.fovea), 0.34)
      const vessel = vessels.data[at] ?? 0
      const disc = opticDisc(x, y, retina)
      red.data[at] = mix(0.76 * light * (0.7 + 0.3 * macula), 0.99, disc) * (1 - 0.34 * vessel)
      green.data[at] = mix((0.4 - pigment * 0.5) * light * macula, 0.86, disc) * (1 - 0.62 * vessel)
      blue.data[at] = mix((0.19 - pigment * 0.3) * light * macula, 0.58, disc) * (1 - 0.5 * vessel)
    }
}

/** How much of the optic disc's colour a point has: pale rim, brighter cup, a soft edge. */
function opticDisc(x: number, y: number, { disc, side }: Retina): number {
  const dx = (x - disc.x) / 0.92
  const dy = y - disc.y
  const away = Math.sqrt(dx * dx + dy * dy)
  if (away > 0.3) return 0
  const cup = bump(distance(x, y, { x: disc.x - side * 0.015, y: disc.y }), 0.085)
  return 0.66 * smoothStep(0.172, 0.145, away) + 0.3 * cup + 0.08 * bump(away, 0.3)
}

/** The lens's circle with its soft rim, the flash's strength, and the sensor's grain. */
function expose(planes: readonly [Plane, Plane, Plane], retina: Retina, { exposure, seed }: { exposure: number; seed: number }): void {
  const { width, height } = planes[0]
  for (let py = 0; py < height; py++)
    for (let px = 0; px < width; px++) {
      const at = py * width + px
      const away = distance(px, py, { x: retina.centreX, y: retina.centreY })
      const inside = clamp(retina.radius - away, 0, 1)
      planes.forEach((plane, channel) => {
        const grain = 0.016 * (hashAt(seed + channel, px, py) - 0.5)
        plane.data[at] = inside * (exposure * (plane.data[at] ?? 0) + grain) + 0.004
      })
    }
}

const mix = (from: number, to: number, part: number): number => from + (to - from) * clamp(part, 0, 1)

function distance(x: number, y: number, to: { readonly x: number; readonly y: number }): number {
  return Math.sqrt((x - to.x) * (x - to.x) + (y - to.y) * (y - to.y))
}
