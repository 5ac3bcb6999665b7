import { sigmoid } from '../../calibrate.js'
import type { Task, TaskInput } from '../task.js'
import { scoresOf } from '../task.js'

/**
 * A grade by cumulative logits: element k is the log-odds that the grade is above k (Frank and Hall 2001). Where a finding reads
 * element k, its calibrated score and threshold decide, so that the grade never contradicts a finding; elsewhere 0.5 does.
 */
export const ordinalGrade: Task = {
  frames: () => 1,
  interpret: (input) => {
    const logits = Array.from(input.logits[0] ?? [])
    const scores = scoresOf(logits, input.manifest)
    const above = logits.map((logit, k) => passes(input, k, sigmoid(logit)))
    const grade = above.lastIndexOf(true) + 1
    return { scores, frame: 0, detail: { grade, gradeName: input.manifest.classes[grade] ?? String(grade), probabilities: gradeProbabilities(logits) } }
  }
}

function passes({ manifest, logits, thresholds }: TaskInput, k: number, raw: number): boolean {
  const finding = manifest.findings.find(({ source }) => source.kind === 'ordinal' && source.index === k)
  const threshold = finding && thresholds[finding.code]
  if (!finding || threshold === undefined) return raw > 0.5
  const own = scoresOf(logits[0] ?? [], { findings: [finding] })[0]
  return own !== undefined && own.score >= threshold
}

/** Uncalibrated probability of each grade; cumulative probabilities that cross are made falling first. */
function gradeProbabilities(logits: readonly number[]): number[] {
  const falling: number[] = []
  for (const logit of logits) falling.push(Math.min(falling.at(-1) ?? 1, sigmoid(logit)))
  return [1, ...falling].map((above, grade) => above - (falling[grade] ?? 0))
}
