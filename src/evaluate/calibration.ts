import { groupBy } from './group-by.js'
import type { Scored } from './roc.js'

/** One bin of the reliability curve; shares are 0..1. */
export type ReliabilityBin = { readonly from: number; readonly to: number; readonly count: number; readonly meanScore: number; readonly positiveShare: number }

/** Ten bins of equal width; empty bins are left out. */
export function reliability(cases: readonly Scored[], bins = 10): ReliabilityBin[] {
  const groups = groupBy(cases, (each) => Math.min(bins - 1, Math.floor(each.score * bins)))
  return [...groups].sort(([a], [b]) => a - b).map(([bin, members]) => ({
    from: bin / bins, to: (bin + 1) / bins, count: members.length,
    meanScore: members.reduce((sum, each) => sum + each.score, 0) / members.length,
    positiveShare: members.filter((each) => each.positive).length / members.length
  }))
}

/** Expected calibration error (Guo 2017, equal-width bins): mean gap between score and share of positives, weighted by count. */
export function expectedCalibrationError(cases: readonly Scored[], bins = 10): number {
  return reliability(cases, bins).reduce((sum, bin) => sum + (bin.count / cases.length) * Math.abs(bin.meanScore - bin.positiveShare), 0)
}
