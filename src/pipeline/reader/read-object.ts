import type { Quality, QualityReason } from '../../domain/finding.js'
import type { Pixels } from '../../domain/image-content.js'
import type { Problem } from '../../domain/problem.js'
import type { DerivedFile, Reading } from '../../domain/reading.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import { renderHeatmap } from '../../inference/heatmap.js'
import type { Decoded } from '../../ingest/decode/decode.js'
import { discSide, eyeByDisc } from '../../ingest/quality/disc-side.js'
import { LIMITS } from '../../ingest/quality/limits-table.js'
import type { Measures } from '../../ingest/quality/measure.js'
import { shrink } from '../../ingest/quality/shrink.js'
import { operatingPointOf, pointInForce } from '../../triage/operating-point.js'
import { writeHeatmap, writePreviews } from './derived-files.js'
import { grade, isUnderAge, type Grade } from './grade.js'
import { decodeAsked } from './decode-asked.js'
import type { LoadedPack, PackShelf } from './pack-shelf.js'
import type { ReadRequest } from './protocol.js'
import { recognise, type Recognised } from './recognise.js'
import { route, type Route } from './route.js'
import { ROUTE_REASONS } from './route-reasons.js'
import { Stopwatch } from './stopwatch.js'

type Context = { readonly request: ReadRequest; readonly shelf: PackShelf; readonly watch: Stopwatch }

/** What one object's reading gave so far, before its files are written. */
type Judged = { readonly graded: Grade; readonly route: Route; readonly loaded?: LoadedPack; readonly operatingPoint?: string }

/**
 * Decode, recognise, gate, infer, judge. The previews are written meanwhile. A problem only when the bytes can't be decoded, or when the
 * request names an operating point that the pack lacks. `staged` is told whenever a stage is done.
 */
export async function readObject(request: ReadRequest, shelf: PackShelf, nowMs: () => number, staged?: () => void): Promise<Result<Reading, Problem>> {
  const watch = new Stopwatch(nowMs, staged)
  const context = { request, shelf, watch }
  const decoded = await watch.measure('decode', () => decodeAsked(request))
  if (!decoded.ok) return decoded
  const { pixels, dicom } = decoded.value
  const recognised = await recognise({ pixels, ...(dicom ? { dicom } : {}) }, shelf, watch)
  const previews = previewsOf(request, recognised.pixels, recognised.frame)
  const judged = await judge(context, decoded.value, recognised)
  if (!judged.ok) return previews.then(() => judged)
  const heatmaps = await heatmapsOf(request, judged.value, recognised.pixels)
  const derived = [...await previews, ...heatmaps]
  return ok(readingOf(context, { decoded: decoded.value, pixels: recognised.pixels }, judged.value, derived))
}

function previewsOf({ derivedFolder }: ReadRequest, pixels: Pixels, frame: number): Promise<DerivedFile[]> {
  if (derivedFolder === undefined) return Promise.resolve([])
  const writing = writePreviews(derivedFolder, pixels, frame)
  // Awaited later; without this a failure meanwhile would count as unhandled.
  writing.catch(() => undefined)
  return writing
}

async function judge({ request, shelf, watch }: Context, decoded: Decoded, seen: Recognised): Promise<Result<Judged, Problem>> {
  const chosen = route({
    dicom: decoded.dicom, measures: seen.measures, packs: shelf.candidates(),
    ...(seen.gate ? { gate: seen.gate } : {}), ...(request.packId === undefined ? {} : { packId: request.packId })
  })
  const notes = [...seen.notes, ...chosen.notes, ...decoded.notes]
  const loaded = chosen.packId === undefined ? undefined : await shelf.load(chosen.packId)
  const ageYears = request.ageYears ?? decoded.dicom?.patientAgeYears
  const fault = loaded && isUnderAge(loaded.pack.manifest, ageYears) ? undefined : seen.fault
  const refusal = blank(seen.measures) ?? chosen.refusal ?? fault ?? (loaded ? undefined : noPack(chosen))
  if (refusal || !loaded || !chosen.modality) {
    return ok({ route: chosen, graded: refused([refusal ?? ROUTE_REASONS.undecided, ...notes]), ...(loaded ? { loaded } : {}) })
  }
  const { pack } = loaded
  const point = request.operatingPoint === undefined ? pointInForce(pack.operatingPoints, { packId: pack.id, chosen: request.operatingPoints?.[pack.id] }) : operatingPointOf(pack.operatingPoints, request.operatingPoint)
  if (!point.ok) return err(point.error)
  const graded = await grade({
    loaded, pixels: seen.pixels, modality: chosen.modality, measures: seen.measures, notes, point: point.value,
    ...(seen.alike && seen.unlike ? { clip: { alike: seen.alike, unlike: seen.unlike } } : {}), ...(ageYears === undefined ? {} : { ageYears })
  }, watch)
  return ok({ route: chosen, graded, loaded, operatingPoint: point.value.name })
}

/** A lens cap looks like no kind of picture; what it is comes before what it is not. */
function blank({ uniformity, litShare }: Measures): QualityReason | undefined {
  const limit = LIMITS.fundus.find(({ code, measure, refuse }) => code === 'blank' && (measure === 'uniformity' ? uniformity > refuse : litShare < refuse))
  return limit && { code: limit.code, text: limit.text, retake: limit.retake }
}

const noPack = ({ modality }: Route): QualityReason => (modality ? ROUTE_REASONS.noPackFor(modality) : ROUTE_REASONS.undecided)

function refused(reasons: readonly QualityReason[]): Grade {
  const quality: Quality = { gradable: false, score: 0, reasons }
  return { quality, findings: [], detail: {} }
}

/** One overlay for each finding, from the activations of the frame that shows it best. */
async function heatmapsOf({ derivedFolder, heatmap = true }: ReadRequest, { graded, loaded }: Judged, image: Pixels): Promise<DerivedFile[]> {
  const { shown, findings } = graded
  const maps = loaded?.pack.manifest.heatmap?.maps
  if (derivedFolder === undefined || !heatmap || !maps || !shown?.activation) return []
  const { activation, region, frame } = shown
  return Promise.all(findings.flatMap(({ code }, index) => {
    const plane = maps[index]
    return plane === undefined ? [] : [writeHeatmap(derivedFolder, code, renderHeatmap(activation, { plane, region, image }), frame)]
  }))
}

type Seen = { readonly decoded: Decoded; readonly pixels: Pixels }

function readingOf({ shelf, watch }: Context, { decoded, pixels }: Seen, judged: Judged, derived: readonly DerivedFile[]): Reading {
  const { width, height, channels, frames } = decoded.pixels
  const { loaded, graded, operatingPoint } = judged
  const { modality } = judged.route
  const eye = modality === 'fundus' && graded.quality.gradable ? eyeByDisc(discSide(shrink(pixels, 0))) : undefined
  const laterality = decoded.dicom?.laterality ?? eye
  const provider = loaded?.session.provider ?? (shelf.provider === 'none' ? 'cpu' : shelf.provider)
  return {
    content: decoded.content, image: { width, height, channels, frames }, ...(decoded.dicom ? { dicom: decoded.dicom } : {}),
    ...(modality ? { modality } : {}), ...(laterality ? { laterality } : {}), ...(eye ? { eyeByDisc: eye } : {}),
    pack: loaded ? { id: loaded.pack.id, version: loaded.pack.version, sha256: loaded.pack.sha256 } : null, ...(loaded?.pack.manifest.demonstration ? { demonstration: true as const } : {}),
    provider, quality: graded.quality, findings: graded.findings, detail: graded.detail,
    ...(operatingPoint === undefined ? {} : { operatingPoint }), derived, timingMs: watch.timings()
  }
}
