/** One case for fitting: the model's log-odds and the truth. */
export type LogOddsCase = { readonly logOdds: number; readonly positive: boolean }

/** Far more than are needed: ten to twenty do on ordinary cases. */
const STEPS = 500
/** Keeps the Hessian invertible where the loss is flat to the last bit. */
const RIDGE = 1e-12
/** The loss a case that a step must promise to be worth taking. */
const ENOUGH = 1e-14

/**
 * Platt's calibration p = sigmoid(a * logOdds + b), with his smoothed targets, so that cases which can be told apart entirely do not
 * give endless certainty (Platt 1999). The loss is convex and, with these targets, has a lowest point; Newton's method goes there on
 * standardised log-odds, a step being halved until the loss falls (Lin, Lin and Weng 2007): without that it runs away where the log-odds
 * are wide or far from 0. `a` is 0 where all log-odds are the same, and negative where they fall with the truth.
 */
export function fitPlatt(cases: readonly LogOddsCase[]): { readonly a: number; readonly b: number } {
  const { mean, spread } = momentsOf(cases.map(({ logOdds }) => logOdds))
  if (spread === 0) return { a: 0, b: priorOf(cases) }
  const targets = targetsOf(cases)
  const points = cases.map(({ logOdds, positive }) => ({ x: (logOdds - mean) / spread, target: positive ? targets.high : targets.low }))
  const { slope, offset } = descend(points, { slope: 0, offset: priorOf(cases) })
  return { a: slope / spread, b: offset - slope * mean / spread }
}

type Point = { readonly x: number; readonly target: number }
type Line = { readonly slope: number; readonly offset: number }

function targetsOf(cases: readonly LogOddsCase[]): { readonly high: number; readonly low: number } {
  const positives = cases.filter(({ positive }) => positive).length
  return { high: (positives + 1) / (positives + 2), low: 1 / (cases.length - positives + 2) }
}

/** The log-odds of a case of which nothing is known: where Lin, Lin and Weng begin. */
function priorOf(cases: readonly LogOddsCase[]): number {
  const positives = cases.filter(({ positive }) => positive).length
  return Math.log((positives + 1) / (cases.length - positives + 1))
}

/** Mean and standard deviation; a deviation that is only rounding is 0. */
function momentsOf(values: readonly number[]): { readonly mean: number; readonly spread: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return { mean, spread: spread > 1e-12 * (1 + Math.abs(mean)) ? spread : 0 }
}

function descend(points: readonly Point[], from: Line): Line {
  let [at, lowest] = [from, lossOf(points, from)]
  for (let step = 0; step < STEPS; step++) {
    const { direction, promise } = newton(points, at)
    if (promise < ENOUGH) break
    let share = 2
    let next: Line
    let loss: number
    do {
      share /= 2
      next = moved(at, direction, share)
      loss = lossOf(points, next)
    } while (loss > lowest - 1e-4 * share * promise && share > 1e-12)
    if (loss >= lowest) break
    at = next
    lowest = loss
  }
  return at
}

const moved = ({ slope, offset }: Line, direction: Line, share: number): Line =>
  ({ slope: slope - share * direction.slope, offset: offset - share * direction.offset })

/** Mean cross-entropy, in a form that does not overflow. */
const lossOf = (points: readonly Point[], { slope, offset }: Line): number => points.reduce((sum, { x, target }) => {
  const logit = slope * x + offset
  return sum + Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(logit, 0) - target * logit
}, 0) / points.length

/** Newton's step, and how much the loss would fall along it if it fell as it does at its beginning. */
function newton(points: readonly Point[], { slope, offset }: Line): { readonly direction: Line; readonly promise: number } {
  let [gradientSlope, gradientOffset, ss, so, oo] = [0, 0, RIDGE, 0, RIDGE]
  for (const { x, target } of points) {
    const p = 1 / (1 + Math.exp(-(slope * x + offset)))
    const [error, weight] = [(p - target) / points.length, p * (1 - p) / points.length]
    gradientSlope += error * x
    gradientOffset += error
    ss += weight * x * x
    so += weight * x
    oo += weight
  }
  const determinant = ss * oo - so * so
  const direction = { slope: (oo * gradientSlope - so * gradientOffset) / determinant, offset: (ss * gradientOffset - so * gradientSlope) / determinant }
  return { direction, promise: gradientSlope * direction.slope + gradientOffset * direction.offset }
}
