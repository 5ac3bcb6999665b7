import type { Finding, Quality, QualityReason } from '../../domain/finding.js'
import type { Modality, Pixels } from '../../domain/image-content.js'
import type { PackManifest } from '../../inference/manifest.js'
import { tasks } from '../../inference/tasks/registry.js'
import { assessQuality, type QualityDemands } from '../../ingest/quality/assess.js'
import type { Measures } from '../../ingest/quality/measure.js'
import { applyOperatingPoint, type OperatingPoint } from '../../triage/operating-point.js'
import { REASONS } from '../../ingest/quality/reasons.js'
import { framesToRead, inferFrame, isAnswer, type FrameOutput } from './infer.js'
import type { LoadedPack } from './pack-shelf.js'
import { CLIP_FRAMES } from './recognise.js'
import { ROUTE_REASONS } from './route-reasons.js'
import type { Stopwatch } from './stopwatch.js'

export type GradeInput = {
  readonly loaded: LoadedPack
  readonly pixels: Pixels
  readonly modality: Modality
  readonly measures: Measures
  readonly notes: readonly QualityReason[]
  readonly point: OperatingPoint
  readonly ageYears?: number
  /** Of a clip, the frames looked at that show what the clip shows, and those that don't and are not read. */
  readonly clip?: { readonly alike: readonly number[]; readonly unlike: readonly number[] }
}

/** `shown` is the frame whose activations explain the scores. */
export type Grade = { readonly quality: Quality; readonly findings: readonly Finding[]; readonly detail: Readonly<Record<string, unknown>>; readonly shown?: FrameOutput }

const demandsOf = ({ gate, resolution }: PackManifest): QualityDemands => ({
  resolution, ...(gate.measures ? { measures: gate.measures } : {}),
  ...(gate.qualityRejectAbove === undefined ? {} : { qualityRejectAbove: gate.qualityRejectAbove }),
  ...(gate.outOfDistribution ? { maxDistance: gate.outOfDistribution.maxDistance } : {})
})

/**
 * Quality, then the network, then quality again with what the network said; no findings unless gradable and of age. The film of somebody too
 * young is not held to the quality that a score needs: a better one would not be scored either.
 */
export async function grade(input: GradeInput, watch: Stopwatch): Promise<Grade> {
  const { manifest } = input.loaded.pack
  if (isUnderAge(manifest, input.ageYears)) return { quality: tooYoung(manifest, input.notes), findings: [], detail: {} }
  const seen = { modality: input.modality, measures: input.measures, demands: demandsOf(manifest), notes: input.notes }
  const before = watch.measure('quality', () => assessQuality(seen))
  if (!before.gradable) return { quality: before, findings: [], detail: {} }
  const outputs = await runFrames(input, watch)
  const quality = assessQuality({ ...seen, ...lowest(outputs) })
  if (!quality.gradable) return { quality, findings: [], detail: {} }
  const answer = interpret(input, outputs)
  if (!outputs.every(isAnswer) || !answer.findings.every(({ score }) => Number.isFinite(score))) return { quality: unanswered(quality), findings: [], detail: {} }
  return { quality, ...answer }
}

const tooYoung = ({ minimumAgeYears = 0 }: PackManifest, notes: readonly QualityReason[]): Quality =>
  ({ gradable: true, score: 1, reasons: [ROUTE_REASONS.underAge(minimumAgeYears), ...notes] })

/** A number that is none would stand below every threshold and look like no finding. */
const unanswered = ({ reasons }: Quality): Quality => ({ gradable: false, score: 0, reasons: [REASONS.noAnswer, ...reasons] })

export const isUnderAge = ({ minimumAgeYears }: Pick<PackManifest, 'minimumAgeYears'>, ageYears: number | undefined): boolean =>
  minimumAgeYears !== undefined && ageYears !== undefined && ageYears < minimumAgeYears

/** A pack that wants no more frames than were looked at gets of these; one that wants more gets all but those that show something else. */
function framesOf({ loaded, pixels, clip }: GradeInput): number[] {
  const count = tasks[loaded.pack.manifest.task].frames(loaded.pack.manifest)
  if (!clip) return framesToRead(pixels.frames, count)
  const known = count <= CLIP_FRAMES ? clip.alike : Array.from({ length: pixels.frames }, (_, frame) => frame).filter((frame) => !clip.unlike.includes(frame))
  return framesToRead(known.length, count).map((index) => known[index]!)
}

async function runFrames(input: GradeInput, watch: Stopwatch): Promise<FrameOutput[]> {
  const { loaded, pixels } = input
  const outputs: FrameOutput[] = []
  for (const frame of framesOf(input)) outputs.push(await inferFrame(loaded, { pixels, frame }, watch))
  return outputs
}

/** A clip is as good as its best frame. */
function lowest(outputs: readonly FrameOutput[]): { rejectProbability?: number; distance?: number } {
  const least = (values: readonly (number | undefined)[]): number | undefined => {
    const known = values.filter((value) => value !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }
  return { rejectProbability: least(outputs.map((output) => output.rejectProbability)), distance: least(outputs.map((output) => output.distance)) }
}

function interpret({ loaded, point }: GradeInput, outputs: readonly FrameOutput[]): Omit<Grade, 'quality'> {
  const { manifest } = loaded.pack
  const { scores, detail, frame } = tasks[manifest.task].interpret({ logits: outputs.map(({ logits }) => logits), manifest, thresholds: point.thresholds })
  const shown = outputs[frame]
  return { findings: applyOperatingPoint(scores, point), detail, ...(shown ? { shown } : {}) }
}
