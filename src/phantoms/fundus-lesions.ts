import { clamp, direction, smoothStep } from './arithmetic.js'
import type { Retina } from './retina.js'
import type { Plane } from './plane.js'
import { createPlane } from './plane.js'
import type { Random } from './random.js'
import { between, createRandom, noiseAt } from './random.js'
import { growBranch } from './vessels.js'

/** Numbers of lesions; neovascularisation counts tufts of new vessels. */
export type FundusLesions = {
  readonly microaneurysms: number
  readonly haemorrhages: number
  readonly exudates: number
  readonly neovascularisation: number
}
type Colour = readonly [number, number, number]
type Planes = readonly [Plane, Plane, Plane]

const DARK_RED: Colour = [0.42, 0.11, 0.07]
const YELLOW: Colour = [0.98, 0.86, 0.48]

/** Draws the lesions over a painted retina, outside the disc and the fovea. Sizes in radii of the field. */
export function drawLesions(planes: Planes, retina: Retina, lesions: Partial<FundusLesions>): void {
  const random = createRandom(retina.seed + 202)
  for (let i = 0; i < (lesions.microaneurysms ?? 0); i++)
    blot(planes, retina, { ...place(random, retina), radius: between(random, 0.008, 0.014), colour: DARK_RED, ragged: 0 })
  for (let i = 0; i < (lesions.haemorrhages ?? 0); i++)
    blot(planes, retina, { ...place(random, retina), radius: between(random, 0.018, 0.045), colour: DARK_RED, ragged: 0.3 })
  for (let i = 0; i < (lesions.exudates ?? 0); i += 8) exudateRing(planes, retina, random, Math.min(8, (lesions.exudates ?? 0) - i))
  for (let i = 0; i < (lesions.neovascularisation ?? 0); i++) tuft(planes, retina, random)
}

/** Somewhere in the posterior pole where a lesion may lie. */
function place(random: Random, retina: Retina): { x: number; y: number } {
  for (let attempt = 0; attempt < 30; attempt++) {
    const x = between(random, -0.75, 0.75)
    const y = between(random, -0.75, 0.75)
    if (x * x + y * y < 0.6 && apart(x, y, retina.disc, 0.26) && apart(x, y, retina.fovea, 0.1)) return { x, y }
  }
  return { x: -retina.side * 0.5, y: 0.2 }
}

const apart = (x: number, y: number, from: { readonly x: number; readonly y: number }, least: number): boolean =>
  (x - from.x) * (x - from.x) + (y - from.y) * (y - from.y) > least * least

/** Exudates lie in part of a ring about a leaking point. */
function exudateRing(planes: Planes, retina: Retina, random: Random, count: number): void {
  const centre = place(random, retina)
  const ring = between(random, 0.06, 0.13)
  const start = random()
  for (let i = 0; i < count; i++) {
    const towards = direction(start + (i / count) * 0.8 + between(random, -0.03, 0.03))
    const away = ring * between(random, 0.8, 1.2)
    blot(planes, retina, {
      x: centre.x + towards.x * away, y: centre.y + towards.y * away, radius: between(random, 0.012, 0.03), colour: YELLOW, ragged: 0.4
    })
  }
}

/** A patch of colour with a soft rim of about a pixel; `ragged` is how far the rim wanders, in radii. */
function blot(planes: Planes, retina: Retina, spot: { x: number; y: number; radius: number; colour: Colour; ragged: number }): void {
  const { width, height } = planes[0]
  const radius = Math.max(0.9, spot.radius * retina.radius)
  const centreX = retina.centreX + spot.x * retina.radius
  const centreY = retina.centreY + spot.y * retina.radius
  const reach = Math.ceil(radius * (1 + spot.ragged) + 1)
  for (let y = Math.max(0, Math.floor(centreY) - reach); y <= Math.min(height - 1, centreY + reach); y++)
    for (let x = Math.max(0, Math.floor(centreX) - reach); x <= Math.min(width - 1, centreX + reach); x++) {
      const dx = (x - centreX) / radius
      const dy = (y - centreY) / radius
      const rim = 1 + spot.ragged * noiseAt(retina.seed, (spot.x + dx * 0.1) * 16, (spot.y + dy * 0.1) * 16)
      const soft = Math.min(1, spot.ragged * 0.6 + 1 / radius)
      cover(planes, y * width + x, spot.colour, 0.8 * smoothStep(rim + soft, rim - soft, Math.sqrt(dx * dx + dy * dy)))
    }
}

/** A tangle of fine new vessels. */
function tuft(planes: Planes, retina: Retina, random: Random): void {
  const plane = createPlane(planes[0].width, planes[0].height)
  const centre = random() < 0.4 ? { x: retina.disc.x, y: retina.disc.y } : place(random, retina)
  const tree = { plane, random, originX: retina.centreX, originY: retina.centreY, scale: retina.radius, stop: (x: number, y: number) => apart(x, y, centre, 0.24) }
  for (let i = 0; i < 14; i++)
    growBranch(tree, {
      ...centre, turns: random(), curl: between(random, -2.5, 2.5), length: between(random, 0.12, 0.3), width: 0.009, value: 0.7, generations: 1
    })
  for (let at = 0; at < plane.data.length; at++) if (plane.data[at]) cover(planes, at, DARK_RED, plane.data[at] ?? 0)
}

function cover(planes: Planes, at: number, colour: Colour, part: number): void {
  const share = clamp(part, 0, 1)
  planes.forEach((plane, channel) => {
    plane.data[at] = (plane.data[at] ?? 0) * (1 - share) + (colour[channel] ?? 0) * share
  })
}
