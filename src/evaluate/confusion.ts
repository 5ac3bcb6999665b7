import type { Proportion } from './proportion.js'
import { proportion } from './proportion.js'
import type { Scored } from './roc.js'

/** What a threshold does to a labelled set (WHO/TDR toolkit's columns). */
export type ThresholdRow = {
  readonly threshold: number
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
  readonly sensitivity: Proportion
  readonly specificity: Proportion
  readonly positivePredictiveValue: Proportion
  readonly negativePredictiveValue: Proportion
  /** Confirmatory tests per case found; undefined when none is found. */
  readonly testsPerCaseFound?: number
}

/** A score at or above the threshold is positive, as in the appliance. */
export function atThreshold(cases: readonly Scored[], threshold: number): ThresholdRow {
  const count = (positive: boolean, called: boolean): number =>
    cases.filter((each) => each.positive === positive && each.score >= threshold === called).length
  const truePositives = count(true, true)
  const falseNegatives = count(true, false)
  const falsePositives = count(false, true)
  const trueNegatives = count(false, false)
  return {
    threshold, truePositives, falsePositives, trueNegatives, falseNegatives,
    sensitivity: proportion(truePositives, truePositives + falseNegatives),
    specificity: proportion(trueNegatives, trueNegatives + falsePositives),
    positivePredictiveValue: proportion(truePositives, truePositives + falsePositives),
    negativePredictiveValue: proportion(trueNegatives, trueNegatives + falseNegatives),
    testsPerCaseFound: truePositives > 0 ? (truePositives + falsePositives) / truePositives : undefined
  }
}
