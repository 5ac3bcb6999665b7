import type { Grey } from './luma.js'

const SIDE = 256
/** Cycles a pixel: below, the anatomy itself is strong; above 0.48 the demosaicing of cameras is. */
const FROM = 0.12
const TO = 0.48

/**
 * How far the strongest regular pattern stands out of its surroundings in the spectrum of the middle of the photograph: 0 to 3 for films, tens and
 * more where a screen's grid beats with the camera's. 0 for pictures that are too small.
 */
export function moireRatio({ width, height, data }: Grey): number {
  if (Math.min(width, height) < SIDE) return 0
  const left = (width - SIDE) >> 1
  const top = (height - SIDE) >> 1
  const re = new Float64Array(SIDE * SIDE)
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) re[y * SIDE + x] = data[(top + y) * width + left + x]! * hann(x) * hann(y)
  return strongestPeak(powerOf(re))
}

const hann = (at: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / (SIDE - 1))

function powerOf(re: Float64Array): Float64Array {
  const im = new Float64Array(re.length)
  const turn = (by: number, from: (line: number, at: number) => number): void => {
    const [lineRe, lineIm] = [new Float64Array(SIDE), new Float64Array(SIDE)]
    for (let line = 0; line < by; line++) {
      for (let at = 0; at < SIDE; at++) { lineRe[at] = re[from(line, at)]!; lineIm[at] = im[from(line, at)]! }
      fourier(lineRe, lineIm)
      for (let at = 0; at < SIDE; at++) { re[from(line, at)] = lineRe[at]!; im[from(line, at)] = lineIm[at]! }
    }
  }
  turn(SIDE, (line, at) => line * SIDE + at)
  turn(SIDE, (line, at) => at * SIDE + line)
  return re.map((value, at) => value * value + im[at]! * im[at]!)
}

/** A wave of this many grey levels, whatever its direction, gives this power under the window. */
const LEAST_POWER = (1.5 * (SIDE / 4) ** 2 * 2) ** 2
const NEAR = 6
const OWN = 2

/** The power of the tallest lone peak over the largest value around it: anatomy and edges make slopes and ridges, a grid makes points. */
function strongestPeak(power: Float64Array): number {
  let strongest = 0
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE / 2; x++) {
      const value = power[y * SIDE + x]!
      const frequency = Math.hypot(x, y < SIDE / 2 ? y : y - SIDE) / SIDE
      if (value < LEAST_POWER || frequency < FROM || frequency > TO) continue
      strongest = Math.max(strongest, value / Math.max(1, largestAround(power, x, y)))
    }
  return strongest
}

function largestAround(power: Float64Array, x: number, y: number): number {
  let largest = 0
  for (let dy = -NEAR; dy <= NEAR; dy++)
    for (let dx = -NEAR; dx <= NEAR; dx++) {
      if (Math.abs(dx) <= OWN && Math.abs(dy) <= OWN) continue
      largest = Math.max(largest, power[((y + dy + SIDE) % SIDE) * SIDE + ((x + dx + SIDE) % SIDE)]!)
    }
  return largest
}

/** In place, radix 2 (Cooley and Tukey, Math. Comp. 19:297, 1965). */
function fourier(re: Float64Array, im: Float64Array): void {
  const size = re.length
  for (let at = 1, mirror = 0; at < size; at++) {
    let bit = size >> 1
    for (; mirror & bit; bit >>= 1) mirror ^= bit
    mirror ^= bit
    if (at < mirror) {
      ;[re[at], re[mirror]] = [re[mirror]!, re[at]!]
      ;[im[at], im[mirror]] = [im[mirror]!, im[at]!]
    }
  }
  for (let length = 2; length <= size; length <<= 1) {
    const angle = (-2 * Math.PI) / length
    for (let start = 0; start < size; start += length)
      for (let offset = 0; offset < length / 2; offset++) {
        const [c, s] = [Math.cos(angle * offset), Math.sin(angle * offset)]
        const low = start + offset
        const high = low + length / 2
        const [tr, ti] = [re[high]! * c - im[high]! * s, re[high]! * s + im[high]! * c]
        re[high] = re[low]! - tr
        im[high] = im[low]! - ti
        re[low] = re[low]! + tr
        im[low] = im[low]! + ti
      }
  }
}
