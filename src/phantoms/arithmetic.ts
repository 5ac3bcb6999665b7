/**
 * The few functions the phantoms need, built from + - * / and Math.sqrt alone: those are exactly specified by IEEE 754,
 * so a phantom has the same bytes on every machine (golden vectors depend on it). Math.sin and Math.exp are not.
 */

/** A fraction 0..1 of `value` between `low` and `high`, smooth at both ends; falls when `low` > `high`. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low), 0, 1)
  return t * t * (3 - 2 * t)
}

export const clamp = (value: number, low: number, high: number): number => (value < low ? low : value > high ? high : value)

/** A bump of height 1 at 0 that is 0 from `radius` on; stands in for a Gaussian. */
export function bump(distance: number, radius: number): number {
  const t = 1 - (distance * distance) / (radius * radius)
  return t <= 0 ? 0 : t * t
}

/** Distance from the centre of an ellipse in units of its radius: below 1 is inside. */
export function ellipse(dx: number, dy: number, radiusX: number, radiusY: number): number {
  const x = dx / radiusX
  const y = dy / radiusY
  return Math.sqrt(x * x + y * y)
}

/** A periodic wave between -1 and 1 with period 1; `wave(0)` is 0 and rising (a sine in all but the last digits of its shape). */
export function wave(turns: number): number {
  const t = turns - Math.floor(turns)
  const half = t < 0.5 ? t * 2 : (t - 0.5) * 2
  const arch = (16 * half * (1 - half)) / (5 - 4 * half * (1 - half))
  return t < 0.5 ? arch : -arch
}

/** Unit vector at `turns` of a full circle (0 is +x, 0.25 is +y). */
export function direction(turns: number): { readonly x: number; readonly y: number } {
  const x = wave(turns + 0.25)
  const y = wave(turns)
  const length = Math.sqrt(x * x + y * y)
  return { x: x / length, y: y / length }
}
