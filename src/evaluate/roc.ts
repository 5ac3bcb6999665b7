import { groupBy } from './group-by.js'
/** One case: the calibrated score (0..1), the truth, and whose it is (cases of one patient are drawn together). */
export type Scored = { readonly score: number; readonly positive: boolean; readonly patient: string }

export type RocPoint = { readonly threshold: number; readonly truePositives: number; readonly falsePositives: number }

/** From the highest threshold (nothing positive) down to the lowest score (all positive); equal scores are one step. */
export function rocPoints(cases: readonly Scored[]): RocPoint[] {
  const falling = [...cases].sort((a, b) => b.score - a.score)
  const points: RocPoint[] = [{ threshold: Number.POSITIVE_INFINITY, truePositives: 0, falsePositives: 0 }]
  let truePositives = 0
  let falsePositives = 0
  falling.forEach((each, index) => {
    if (each.positive) truePositives++
    else falsePositives++
    if (falling[index + 1]?.score !== each.score) points.push({ threshold: each.score, truePositives, falsePositives })
  })
  return points
}

/** Area under the ROC curve by the trapezoid rule, which counts ties as half (Mann-Whitney); undefined with one class only. */
export function auc(cases: readonly Scored[]): number | undefined {
  const points = rocPoints(cases)
  const last = points.at(-1)
  if (!last || last.truePositives === 0 || last.falsePositives === 0) return undefined
  let area = 0
  for (let at = 1; at < points.length; at++) {
    const from = points[at - 1] as RocPoint
    const to = points[at] as RocPoint
    area += (to.falsePositives - from.falsePositives) * (to.truePositives + from.truePositives) / 2
  }
  return area / (last.truePositives * last.falsePositives)
}

export type Interval = { readonly value: number; readonly low: number; readonly high: number }

/**
 * AUC with its 95 % percentile bootstrap interval over patients (`resamples` draws, seeded, so that it can be repeated).
 * Undefined with one class only.
 */
export function aucInterval(cases: readonly Scored[], options: { resamples: number; seed: number }): Interval | undefined {
  const value = auc(cases)
  if (value === undefined) return undefined
  const patients = [...groupBy(cases, (each) => each.patient).values()]
  const random = mulberry32(options.seed)
  const draws: number[] = []
  for (let draw = 0; draw < options.resamples; draw++) {
    const sample = auc(patients.flatMap(() => patients[Math.floor(random() * patients.length)] ?? []))
    if (sample !== undefined) draws.push(sample)
  }
  draws.sort((a, b) => a - b)
  const at = (share: number): number => draws[Math.min(draws.length - 1, Math.floor(share * draws.length))] ?? value
  return { value, low: at(0.025), high: at(0.975) }
}

/** A small seeded generator (Ettinger's mulberry32, public domain): the same draws on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
