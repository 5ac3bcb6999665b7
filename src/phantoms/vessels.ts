import { clamp, direction } from './arithmetic.js'
import type { Plane } from './plane.js'
import { stampDisc } from './plane.js'
import type { Random } from './random.js'
import { between } from './random.js'

/** A tree that grows over a plane. Lengths in the caller's units; `scale` turns them into pixels about `originX`, `originY`. */
export type Tree = {
  readonly plane: Plane; readonly random: Random
  readonly originX: number; readonly originY: number; readonly scale: number
  /** Where growth ends (outside the field, the fovea). */
  readonly stop: (x: number, y: number) => boolean
}
export type Branch = {
  readonly x: number; readonly y: number
  /** Direction in turns, its change per unit length, and the length still to grow. */
  readonly turns: number; readonly curl: number; readonly length: number
  readonly width: number
  /** How dark the vessel is, 0..1. */
  readonly value: number
  /** How many generations of side branches may follow. */
  readonly generations: number
}

/** Steps are half a vessel's width, within these limits, so that the chain of discs stays closed. */
const SHORTEST_STEP = 0.002
const LONGEST_STEP = 0.008

/** Draws the branch and its side branches as a chain of discs, thinning along the way and winding a little. */
export function growBranch(tree: Tree, branch: Branch): void {
  let { x, y, turns, curl } = branch
  let sinceFork = 0
  const forkEvery = between(tree.random, 0.16, 0.3)
  let grown = 0
  while (grown < branch.length && !tree.stop(x, y)) {
    const width = branch.width * (1 - 0.55 * (grown / branch.length))
    const step = clamp(width / 2, SHORTEST_STEP, LONGEST_STEP)
    stampDisc(tree.plane, { x: tree.originX + x * tree.scale, y: tree.originY + y * tree.scale, radius: (width * tree.scale) / 2, value: branch.value })
    curl += between(tree.random, -0.16, 0.16) - (curl - branch.curl) * 0.15
    turns += curl * step
    const ahead = direction(turns)
    x += ahead.x * step
    y += ahead.y * step
    grown += step
    sinceFork += step
    if (sinceFork > forkEvery && branch.generations > 0) {
      sinceFork = 0
      growBranch(tree, sideBranch(tree.random, { ...branch, x, y, turns, width, length: branch.length - grown }))
    }
  }
}

function sideBranch(random: Random, parent: Branch): Branch {
  const side = random() < 0.5 ? -1 : 1
  return {
    ...parent, turns: parent.turns + side * between(random, 0.07, 0.16), curl: -side * between(random, 0, 0.12),
    length: parent.length * between(random, 0.45, 0.8), width: parent.width * between(random, 0.45, 0.7),
    value: parent.value * 0.9, generations: parent.generations - 1
  }
}
