/** One case for fitting: the model's log-odds and the truth. */
export type LogOddsCase = { readonly logOdds: number; readonly positive: boolean }

const STEPS = 100
/** Keeps the Hessian invertible when the cases can be told apart entirely. */
const RIDGE = 1e-6

/**
 * Platt's calibration p = sigmoid(a * logOdds + b) by Newton's method on the likelihood, with his smoothed targets
 * (Platt 1999; Lin, Lin and Weng 2007), so that cases which can be told apart entirely do not give endless certainty.
 */
export function fitPlatt(cases: readonly LogOddsCase[]): { readonly a: number; readonly b: number } {
  const positives = cases.filter(({ positive }) => positive).length
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (cases.length - positives + 2)]
  let [a, b] = [1, 0]
  for (let step = 0; step < STEPS; step++) {
    const next = newton(cases, { a, b, high, low })
    const moved = Math.abs(next.a - a) + Math.abs(next.b - b)
    a = next.a
    b = next.b
    if (moved < 1e-9) break
  }
  return { a, b }
}

type State = { readonly a: number; readonly b: number; readonly high: number; readonly low: number }

function newton(cases: readonly LogOddsCase[], { a, b, high, low }: State): { a: number; b: number } {
  let [gradientA, gradientB, aa, ab, bb] = [0, 0, RIDGE, 0, RIDGE]
  for (const { logOdds, positive } of cases) {
    const p = 1 / (1 + Math.exp(-(a * logOdds + b)))
    const [error, weight] = [p - (positive ? high : low), p * (1 - p)]
    gradientA += error * logOdds
    gradientB += error
    aa += weight * logOdds * logOdds
    ab += weight * logOdds
    bb += weight
  }
  const determinant = aa * bb - ab * ab
  const [stepA, stepB] = [(bb * gradientA - ab * gradientB) / determinant, (aa * gradientB - ab * gradientA) / determinant]
  const longest = Math.max(1, Math.hypot(stepA, stepB) / 10)
  return { a: a - stepA / longest, b: b - stepB / longest }
}
