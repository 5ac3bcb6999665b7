import type { ThresholdRow } from './confusion.js'
import { atThreshold } from './confusion.js'
import type { Scored } from './roc.js'
import { rocPoints } from './roc.js'

/** Of either kind: with fewer neither a slope nor a threshold means anything. */
export const LEAST_OF_EACH_KIND = 10

export type Costs = { readonly screen: number; readonly confirm: number }

/** The TDR toolkit's row: what a threshold finds, misses and costs. */
export type CostedRow = ThresholdRow & { readonly testsNeeded: number; readonly cost: number; readonly costPerCaseFound?: number }

/** A row for every distinct score, highest threshold first. Costs are in the site's own currency. */
export function thresholdTable(cases: readonly Scored[], costs: Costs): CostedRow[] {
  return rocPoints(cases).slice(1).map(({ threshold }) => {
    const row = atThreshold(cases, threshold)
    const testsNeeded = row.truePositives + row.falsePositives
    const cost = cases.length * costs.screen + testsNeeded * costs.confirm
    return { ...row, testsNeeded, cost, costPerCaseFound: row.truePositives > 0 ? cost / row.truePositives : undefined }
  })
}

/**
 * The highest threshold whose sensitivity reaches `sensitivity` (so the best specificity at that sensitivity); undefined when there
 * is no positive case.
 */
export function proposeThreshold(table: readonly CostedRow[], sensitivity: number): CostedRow | undefined {
  return table.find((row) => row.sensitivity.of > 0 && row.sensitivity.value >= sensitivity)
}
