import type { Retina } from './retina.js'
import type { Plane } from './plane.js'
import { between, createRandom } from './random.js'
import type { Random } from './random.js'
import { growBranch } from './vessels.js'
import type { Tree } from './vessels.js'

/** The four arcades for a disc on the right: start (turns, y downwards), curl in turns per radius, length, generations. */
const ARCADES = [
  { turns: -0.3, curl: -0.2, length: 1.6, width: 1 },
  { turns: 0.3, curl: 0.2, length: 1.6, width: 1 },
  { turns: -0.17, curl: 0.07, length: 0.75, width: 0.75 },
  { turns: 0.17, curl: -0.07, length: 0.75, width: 0.75 },
  { turns: -0.44, curl: 0.04, length: 0.42, width: 0.4 },
  { turns: 0.44, curl: -0.05, length: 0.42, width: 0.4 }
] as const
const VEIN_WIDTH = 0.031
const ARTERY_WIDTH = 0.022

/** Fills `plane` with how dark the vessels are (0..1) and returns it. Each arcade has a vein and a paler artery. */
export function growRetinalVessels(retina: Retina, plane: Plane): Plane {
  const random = createRandom(retina.seed + 101)
  const tree: Tree = {
    plane, random, originX: retina.centreX, originY: retina.centreY, scale: retina.radius,
    stop: (x, y) => x * x + y * y > 1.03 || near(x, y, retina.fovea, 0.13)
  }
  for (const arcade of ARCADES)
    for (const vein of [true, false]) growArcade(tree, retina, { ...arcade, ...jitter(random), vein })
  return plane
}

function growArcade(tree: Tree, retina: Retina, arcade: {
  turns: number; curl: number; length: number; width: number; vein: boolean; turnsOff: number; shift: number
}): void {
  const turns = arcade.turns + arcade.turnsOff + (arcade.vein ? 0.018 : -0.018)
  growBranch(tree, {
    x: retina.disc.x + arcade.shift, y: retina.disc.y + (arcade.turns < 0 ? -0.02 : 0.02),
    turns: retina.side === 1 ? turns : 0.5 - turns, curl: retina.side * arcade.curl, length: arcade.length,
    width: arcade.width * (arcade.vein ? VEIN_WIDTH : ARTERY_WIDTH), value: arcade.vein ? 0.85 : 0.58, generations: 3
  })
}

const jitter = (random: Random): { turnsOff: number; shift: number } =>
  ({ turnsOff: between(random, -0.02, 0.02), shift: between(random, -0.02, 0.02) })

const near = (x: number, y: number, to: { readonly x: number; readonly y: number }, radius: number): boolean =>
  (x - to.x) * (x - to.x) + (y - to.y) * (y - to.y) < radius * radius
