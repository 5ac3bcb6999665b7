import type { Score, Task } from '../task.js'
import { scoresOf } from '../task.js'

const EVERY_FRAME = 32

/** Linear between the order statistics (Hyndman and Fan 1996, type 7). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = q * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? Number.NaN
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? low) - low)
}

/** Independent findings of a clip: the manifest's quantile of the frames' calibrated scores. */
export const clipFindings: Task = {
  frames: ({ pooling }) => pooling?.maxFrames ?? EVERY_FRAME,
  interpret: ({ logits, manifest }) => {
    const frames = logits.map((row) => scoresOf(row, manifest))
    const pool = (index: number): number => quantile(frames.map((scores) => scores[index]?.score ?? 0), manifest.pooling?.quantile ?? 1)
    const scores = manifest.findings.map(({ code, name }, index) => ({ code, name, score: pool(index) }))
    const peaks = frames.map(highest)
    return { scores, frame: Math.max(0, peaks.indexOf(Math.max(...peaks))), detail: { frameScores: frames.map(byCode) } }
  }
}

const highest = (scores: readonly Score[]): number => Math.max(0, ...scores.map(({ score }) => score))
const byCode = (scores: readonly Score[]): Record<string, number> => Object.fromEntries(scores.map(({ code, score }) => [code, score]))
