import type { ReliabilityBin } from './calibration.js'
import type { RocPoint } from './roc.js'

const SIZE = 260
const EDGE = 36

const x = (share: number): number => EDGE + share * (SIZE - 2 * EDGE)
const y = (share: number): number => SIZE - EDGE - share * (SIZE - 2 * EDGE)
const path = (points: readonly (readonly [number, number])[]): string =>
  points.map(([px, py], at) => `${at === 0 ? 'M' : 'L'}${x(px).toFixed(1)},${y(py).toFixed(1)}`).join('')

const TICKS = [0, 0.5, 1]

/** The number of a share on both axes. */
const tick = (share: number): string => `<text x="${x(share)}" y="${SIZE - EDGE + 13}" text-anchor="middle" font-size="10">${share}</text>`
  + `<text x="${EDGE - 4}" y="${y(share) + 3}" text-anchor="end" font-size="10">${share}</text>`

function frame(title: string, labels: readonly [string, string], content: string): string {
  const box = SIZE - 2 * EDGE
  return `<svg viewBox="0 0 ${SIZE} ${SIZE}" width="${SIZE}" height="${SIZE}" role="img" aria-label="${title}">`
    + `<rect x="${EDGE}" y="${EDGE}" width="${box}" height="${box}" fill="none" stroke="#999"/>${TICKS.map(tick).join('')}`
    + `<path d="${path([[0, 0], [1, 1]])}" stroke="#bbb" stroke-dasharray="4 4" fill="none"/>${content}`
    + `<text x="${SIZE / 2}" y="20" text-anchor="middle" font-size="13">${title}</text>`
    + `<text x="${SIZE / 2}" y="${SIZE - 8}" text-anchor="middle" font-size="11">${labels[0]}</text>`
    + `<text x="12" y="${SIZE / 2}" text-anchor="middle" font-size="11" transform="rotate(-90 12 ${SIZE / 2})">${labels[1]}</text></svg>`
}

/** Sensitivity over 1 - specificity as an SVG picture of 260 by 260 pixels. */
export function rocPlot(points: readonly RocPoint[]): string {
  const last = points.at(-1)
  const line = last && last.truePositives > 0 && last.falsePositives > 0
    ? path(points.map((each) => [each.falsePositives / last.falsePositives, each.truePositives / last.truePositives])) : ''
  return frame('ROC', ['1 - specificity', 'sensitivity'], `<path d="${line}" stroke="#0a5" stroke-width="2" fill="none"/>`)
}

/** Share of positives over mean score of each bin; the dot's area follows the count. */
export function reliabilityPlot(bins: readonly ReliabilityBin[]): string {
  const most = Math.max(1, ...bins.map((bin) => bin.count))
  const dots = bins.map((bin) => `<circle cx="${x(bin.meanScore).toFixed(1)}" cy="${y(bin.positiveShare).toFixed(1)}" r="${(2 + 7 * Math.sqrt(bin.count / most)).toFixed(1)}" fill="#06c" fill-opacity="0.6"/>`)
  return frame('Reliability', ['score', 'share of positives'], dots.join(''))
}
