export type FindingCode =
  | 'dr-referable' | 'dr-vision-threatening' | 'tb' | 'cxr-other-abnormal' | 'lus-consolidation' | 'lus-interstitial'

/** A calibrated score (0..1) against the threshold of the operating point in force. */
export type Finding = {
  readonly code: FindingCode | (string & {})
  readonly name: string
  readonly score: number
  readonly threshold: number
  readonly positive: boolean
}

/** Why an image can't be (well) read: stable code, one sentence, and how to take it again. */
export type QualityReason = { readonly code: string; readonly text: string; readonly retake?: string }

/** `gradable: false` means: no findings were computed. `score` is 0 (useless) to 1 (perfect). */
export type Quality = { readonly gradable: boolean; readonly score: number; readonly reasons: readonly QualityReason[] }

export type TriageLevel = 'none' | 'routine' | 'soon' | 'urgent' | 'immediate'

/** `level` by the triage table (data, with its source), `text` one sentence: what to do next, `code` its stable name for translations. */
export type Triage = { readonly level: TriageLevel; readonly text: string; readonly source?: string; readonly code?: string }

export type PackReference = { readonly id: string; readonly version: string; readonly sha256: string }

export type ExecutionProvider = 'tensorrt' | 'cuda' | 'cpu'
