import type { ExecutionProvider, Finding, PackReference, Quality } from './finding.js'
import type { ContentKind, DicomFacts, Laterality, Modality } from './image-content.js'

/** Milliseconds spent in each stage of one reading. */
export type StageTimings = {
  readonly decode: number
  readonly quality: number
  readonly preprocess: number
  readonly inference: number
  readonly total: number
}

/** A file written beside the study by the reader: PNG previews, heatmap overlays. */
export type DerivedFile = { readonly role: 'preview' | 'full' | 'thumbnail' | 'heatmap'; readonly name: string; readonly frame?: number; /** Hex; absent for what an earlier release drew. */ readonly sha256?: string }

/**
 * What reading one received object gave. No patient data but `dicom` and `age`, which go into the study
 * document and nowhere else. `pack` is null when none applies; `findings` is empty unless gradable.
 */
export type Reading = {
  readonly content: ContentKind
  readonly image: { readonly width: number; readonly height: number; readonly channels: number; readonly frames: number }
  readonly dicom?: DicomFacts
  readonly modality?: Modality
  readonly laterality?: Laterality
  /** The eye as the place of the optic disc shows it, whatever the file says. */
  readonly eyeByDisc?: Laterality
  /** Completed years of the person that it was read for, as they were known on that day (which nobody could vouch for: `dayUncertain`); absent for what an earlier release read. */
  readonly age?: { readonly years?: number; readonly onDate: string; readonly dayUncertain?: true }
  readonly pack: PackReference | null
  /** The pack says of itself that nobody should rely on it. */
  readonly demonstration?: true
  readonly provider: ExecutionProvider
  readonly quality: Quality
  readonly findings: readonly Finding[]
  /** Task-specific extras for the page: ICDR grade and probabilities, per-frame scores. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly operatingPoint?: string
  readonly derived: readonly DerivedFile[]
  readonly timingMs: StageTimings
}

/** The heatmap that is shown where none is named: of what was found first, else of the first finding. That of a negative one beside a positive would point elsewhere. */
export function heatmapShown({ findings, derived }: Pick<Reading, 'findings' | 'derived'>): DerivedFile | undefined {
  const heatmaps = derived.filter(({ role }) => role === 'heatmap')
  const ofFound = findings.filter(({ positive }) => positive).map(({ code }) => heatmaps.find(({ name }) => name === `heatmap-${code}.png`))
  return ofFound.find((file) => file !== undefined) ?? heatmaps[0]
}
