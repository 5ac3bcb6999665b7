import type { ThresholdRow } from './confusion.js'
import { atThreshold } from './confusion.js'
import type { Scored } from './roc.js'
import { rocPoints } from './roc.js'

export type NamedPoint = { readonly name: 'high-sensitivity' | 'balanced' | 'high-specificity'; readonly row: ThresholdRow }

const WANTED = 0.9

/**
 * The three points that a pack offers: the most specific one that finds 90 % of the cases, the one with the largest sum of sensitivity
 * and specificity (Youden 1950), and the most sensitive one that clears 90 % of the others. Where the balanced one is itself more sensitive
 * than the first, or more specific than the last, it stands for that one: the thresholds never fall in this order. Each lies midway to the next
 * lower score: on a score, rounding would lose the very case that set it. Needs cases of both kinds.
 */
export function namedPoints(cases: readonly Scored[]): NamedPoint[] {
  const scores = rocPoints(cases).slice(1).map(({ threshold }) => threshold)
  const rows = scores.map((score, at) => atThreshold(cases, (score + (scores[at + 1] ?? 0)) / 2))
  const best = (candidates: readonly ThresholdRow[], value: (row: ThresholdRow) => number): ThresholdRow | undefined =>
    candidates.reduce<ThresholdRow | undefined>((kept, row) => (kept === undefined || value(row) > value(kept) ? row : kept), undefined)
  const sensitive = best(rows.filter(({ sensitivity }) => sensitivity.value >= WANTED), ({ specificity }) => specificity.value)
  const balanced = best(rows, ({ sensitivity, specificity }) => sensitivity.value + specificity.value)
  const specific = best(rows.filter(({ specificity }) => specificity.value >= WANTED), ({ sensitivity }) => sensitivity.value)
  const first = sensitive && balanced && balanced.threshold < sensitive.threshold ? balanced : sensitive
  const third = specific && balanced && balanced.threshold > specific.threshold ? balanced : specific
  return [named('high-sensitivity', first), named('balanced', balanced), named('high-specificity', third)].flat()
}

const named = (name: NamedPoint['name'], row: ThresholdRow | undefined): NamedPoint[] => (row ? [{ name, row }] : [])
