import type { Pixels } from '../domain/image-content.js'
import { clamp } from './arithmetic.js'
import { boneAt, layBones } from './chest-bones.js'
import { opacityAt } from './chest-opacity.js'
import type { ChestOpacity } from './chest-opacity.js'
import { layTorso, torsoAt } from './chest-torso.js'
import { drawMark } from './mark.js'
import type { Plane } from './plane.js'
import { blurPlane, createPlane, toBytes } from './plane.js'
import { between, createRandom, hashAt, noiseAt } from './random.js'
import { growBranch } from './vessels.js'

export type ChestOptions = {
  readonly seed: number
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** none unless said otherwise. */
  readonly opacity?: ChestOpacity
  /** Bones dark, air bright, as in a negative: a wrongly declared photometric interpretation. */
  readonly inverted?: boolean
  /** Writes PHANTOM into the corner; on unless switched off. */
  readonly mark?: boolean
}

/** Detector values for a CR or DX object: row-major, 0 is black. */
export type DeepPixels = { readonly width: number; readonly height: number; readonly bitsStored: number; readonly data: Uint16Array }

/** A generated frontal chest film, one channel of 8 bits, bones bright: the same bytes for the same options on every machine. */
export function chestPhantom(options: ChestOptions): Pixels {
  const { width, height } = options
  return { width, height, channels: 1, frames: 1, data: toBytes([paintChest(options)]) }
}

/** The same film as `chestPhantom` with 10 to 16 bits a pixel. */
export function deepChestPhantom(options: ChestOptions & { readonly bitsStored: number }): DeepPixels {
  const { width, height, bitsStored } = options
  const plane = paintChest(options)
  const highest = 2 ** bitsStored - 1
  const data = new Uint16Array(plane.data.length)
  for (let at = 0; at < data.length; at++) data[at] = Math.round(clamp(plane.data[at] ?? 0, 0, 1) * highest)
  return { width, height, bitsStored, data }
}

function paintChest(options: ChestOptions): Plane {
  const { width, height, seed } = options
  const plane = createPlane(width, height)
  const markings = growLungMarkings(options)
  const torso = layTorso(seed)
  const bones = layBones(seed)
  for (let py = 0; py < height; py++)
    for (let px = 0; px < width; px++) {
      const x = (2 * px) / (width - 1) - 1
      const y = py / (height - 1)
      const at = py * width + px
      const tissue = torsoAt(torso, x, y)
      if (tissue.body === 0) continue
      const marking = (markings.data[at] ?? 0) * tissue.lung
      const dense = tissue.density + boneAt(bones, { x, y, lung: tissue.lung }) * tissue.body + 0.11 * marking
        + opacityAt(options.opacity ?? 'none', { x, y, seed }) * tissue.lung
      const fibres = 0.05 * tissue.lung * noiseAt(seed + 3, x * 26, y * 30)
      const grain = (hashAt(seed, px, py) - 0.5) * 0.022
      plane.data[at] = film((dense + fibres) * (1 + 0.035 * noiseAt(seed, x * 5, y * 6))) + grain * tissue.body
    }
  if (options.inverted) for (let at = 0; at < plane.data.length; at++) plane.data[at] = 1 - (plane.data[at] ?? 0)
  if (options.mark ?? true) drawMark([{ plane, value: 0.7 }])
  return plane
}

/** Film's answer to density: steep in the middle, flat at both ends (0..1). */
const film = (density: number): number => (density <= 0 ? 0 : (1.12 * density * density) / (density * density + 0.42))

/** Branching vessels from both hila, softened, 0..1. */
function growLungMarkings({ seed, width, height }: ChestOptions): Plane {
  const random = createRandom(seed + 31)
  const plane = createPlane(width, height)
  const scale = Math.min(width, height)
  for (const side of [-1, 1])
    for (let i = 0; i < 9; i++) {
      const turns = between(random, -0.24, 0.24)
      growBranch(
        { plane, random, originX: width / 2, originY: height * 0.46, scale, stop: (x, y) => Math.abs(x) > 0.46 || Math.abs(y) > 0.46 },
        {
          x: side * 0.085, y: 0, turns: side === 1 ? turns : 0.5 - turns, curl: between(random, -0.3, 0.3), length: between(random, 0.2, 0.38),
          width: 0.014, value: 0.9, generations: 3
        }
      )
    }
  blurPlane(plane, scale * 0.004)
  return plane
}
