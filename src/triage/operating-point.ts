import type { Finding } from '../domain/finding.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

/** The thresholds that a pack offers: named points, each with one threshold for a finding. */
export type ThresholdTable = { readonly default: string; readonly points: readonly { readonly name: string; readonly finding: string; readonly threshold: number }[] }

/** One point in force: its name and the threshold (0..1, of calibrated scores) of each finding. */
export type OperatingPoint = { readonly name: string; readonly thresholds: Readonly<Record<string, number>> }

/** The point called `name`, else the pack's default; a finding that the named point lacks keeps its default. */
export function operatingPointOf(table: ThresholdTable, name: string = table.default): Result<OperatingPoint, Problem> {
  const named = table.points.filter((point) => point.name === name)
  if (named.length === 0 && table.points.length > 0) {
    const names = [...new Set(table.points.map((point) => point.name))].join(', ')
    return err(problem('unknown-operating-point', `There is no operating point '${name}'. Choose one of: ${names}.`))
  }
  const usual = table.points.filter((point) => point.name === table.default)
  return ok({ name, thresholds: Object.fromEntries([...usual, ...named].map((point) => [point.finding, point.threshold])) })
}

/** Scores against the thresholds of a point. At the threshold is positive. A score without a threshold is never positive. */
export function applyOperatingPoint(scores: readonly Pick<Finding, 'code' | 'name' | 'score'>[], point: OperatingPoint): Finding[] {
  return scores.map(({ code, name, score }) => {
    const threshold = point.thresholds[code] ?? 1
    return { code, name, score, threshold, positive: code in point.thresholds && score >= threshold }
  })
}
