import type { Quality, QualityReason } from '../../domain/finding.js'
import type { Modality } from '../../domain/image-content.js'
import { LIMITS, type Limit } from './limits-table.js'
import type { Measures } from './measure.js'
import { REASONS } from './reasons.js'

/** What a pack's manifest says of the images it takes. */
export type QualityDemands = {
  /** Measure name to [lowest, highest] acceptable; replaces the usual limit of that measure. */
  readonly measures?: Readonly<Record<string, readonly [number, number]>>
  readonly resolution?: { readonly refuseBelow: number; readonly meantFor: number }
  readonly qualityRejectAbove?: number
  readonly maxDistance?: number
}

export type QualityInput = {
  readonly modality: Modality
  readonly measures: Measures
  readonly demands: QualityDemands
  /** Remarks that do not refuse: of the decoder, of the routing. */
  readonly notes?: readonly QualityReason[]
  /** Probability (0..1) that the image is to be rejected, by the pack's quality head; known only after inference. */
  readonly rejectProbability?: number
  /** Distance to what the pack was trained on; known only after inference. */
  readonly distance?: number
}

type Judgement = { readonly reason?: QualityReason; readonly refused: boolean; readonly score: number }
const fine: Judgement = { refused: false, score: 1 }

/** Linear from 0 at `refuse` to 1 at `warn`; a remark or a refusal when worse than `warn`. */
function judgeLimit(limit: Limit, value: number): Judgement {
  const sign = limit.side === 'below' ? 1 : -1
  const room = sign * (value - limit.refuse)
  const width = Math.max(0, sign * (limit.warn - limit.refuse))
  if (room >= width && room >= 0) return fine
  const { code, text, retake } = limit
  return { reason: { code, text, retake }, refused: !(room >= 0), score: width === 0 ? 0 : Math.max(0, room / width) }
}

/** The usual limits with the pack's own put in; a limit that only the pack has gets a general reason. */
function limitsOf({ modality, demands }: QualityInput): Limit[] {
  const own = demands.measures ?? {}
  const usual = LIMITS[modality].map((limit) => {
    const range = own[limit.measure]
    return range ? { ...limit, refuse: limit.side === 'below' ? range[0] : range[1] } : limit
  })
  const extra = Object.entries(own).flatMap(([name, [low, high]]) => {
    const measure = name as Limit['measure']
    const { code, text, retake = '' } = REASONS.outsideLimits(name)
    const sides = [{ side: 'below' as const, refuse: low }, { side: 'above' as const, refuse: high }]
    return sides.filter(({ side }) => !LIMITS[modality].some((limit) => limit.measure === measure && limit.side === side))
      .map(({ side, refuse }) => ({ measure, side, refuse, warn: refuse, code, text, retake }))
  })
  return [...usual, ...extra]
}

/** Promised to users: from here an image is scored, whatever the pack was meant for. */
const SCORED_FROM_PIXELS = 128

function judgeResolution({ measures, demands }: QualityInput): Judgement {
  const meantFor = demands.resolution?.meantFor ?? SCORED_FROM_PIXELS
  const refuseBelow = Math.min(demands.resolution?.refuseBelow ?? SCORED_FROM_PIXELS, SCORED_FROM_PIXELS)
  const side = measures.shorterSide
  if (side < refuseBelow) return { reason: REASONS.tooSmall(side, refuseBelow), refused: true, score: 0 }
  return side < meantFor ? { reason: REASONS.lowResolution(side, meantFor), refused: false, score: 0.5 + (0.5 * side) / meantFor } : fine
}

function judgeModel({ rejectProbability, distance, demands }: QualityInput): Judgement[] {
  const rejected = (rejectProbability ?? 0) > (demands.qualityRejectAbove ?? Infinity)
  const strange = (distance ?? 0) > (demands.maxDistance ?? Infinity)
  return [
    { ...(rejected ? { reason: REASONS.qualityReject } : {}), refused: rejected, score: 1 - (rejectProbability ?? 0) },
    { ...(strange ? { reason: REASONS.outOfDistribution } : {}), refused: strange, score: strange ? 0 : 1 }
  ]
}

/**
 * Whether the image can be graded and why (not). Refusing reasons come first; the score is the worst single judgement (0..1).
 * Called before inference with the measures alone, and again after it with what the network said.
 */
export function assessQuality(input: QualityInput): Quality {
  const { measures } = input
  const limits = limitsOf(input).filter(({ measure }) => measures[measure] !== undefined)
  const judgements = [judgeResolution(input), ...judgeModel(input), ...limits.map((limit) => judgeLimit(limit, measures[limit.measure]))]
  const spoken = [...judgements].sort((a, b) => Number(b.refused) - Number(a.refused)).flatMap(({ reason }) => (reason ? [reason] : []))
  const reasons = [...spoken, ...(input.notes ?? [])].filter(({ code }, index, all) => all.findIndex((other) => other.code === code) === index)
  const gradable = !judgements.some(({ refused }) => refused)
  return { gradable, score: gradable ? Math.min(...judgements.map(({ score }) => score)) : 0, reasons }
}
