import type { Calibration, FindingSpec } from './manifest.js'

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit))

/**
 * The calibrated probability (0..1) of one raw log-odds.
 * Platt: Platt 1999, "Probabilistic outputs for support vector machines". Isotonic: Zadrozny and Elkan 2002; flat outside the fitted range.
 */
export function calibrate(logit: number, calibration: Calibration): number {
  return calibration.kind === 'platt'
    ? sigmoid(calibration.a * logit + calibration.b)
    : interpolate(sigmoid(logit), calibration.x, calibration.y)
}

/** Linear between the points (x, y), x rising; the first and last y outside. */
function interpolate(at: number, x: readonly number[], y: readonly number[]): number {
  const right = x.findIndex((edge) => edge >= at)
  if (right === 0) return y[0] ?? at
  if (right < 0) return y.at(-1) ?? at
  const [x0, x1, y0, y1] = [x[right - 1]!, x[right]!, y[right - 1]!, y[right]!]
  return x1 === x0 ? y1 : y0 + ((at - x0) / (x1 - x0)) * (y1 - y0)
}

const logSumExp = (values: readonly number[]): number => {
  const highest = Math.max(...values)
  return Number.isFinite(highest) ? highest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - highest), 0)) : highest
}

/** The log-odds that a finding reads from the logits, by its source in the manifest. */
export function logOdds(logits: ArrayLike<number>, source: FindingSpec['source']): number {
  if (source.kind !== 'softmax') return logits[source.index] ?? Number.NaN
  const all = Array.from(logits)
  return logSumExp(all.filter((_, index) => source.indices.includes(index))) - logSumExp(all.filter((_, index) => !source.indices.includes(index)))
}

/** Probabilities of exclusive classes. */
export function softmax(logits: ArrayLike<number>): number[] {
  const all = Array.from(logits)
  const total = logSumExp(all)
  return all.map((value) => Math.exp(value - total))
}
