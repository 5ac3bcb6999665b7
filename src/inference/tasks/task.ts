import { calibrate, logOdds } from '../calibrate.js'
import type { PackManifest } from '../manifest.js'

/** A finding's calibrated probability, before the operating point. */
export type Score = { readonly code: string; readonly name: string; readonly score: number }

/** What a task makes of the logits. `frame` is the position (in the list given) that shows the scores best, for the heatmap. */
export type Interpretation = { readonly scores: readonly Score[]; readonly frame: number; readonly detail: Readonly<Record<string, unknown>> }

/** One row of logits for each frame that was run; `thresholds` by finding code, of the operating point in force. */
export type TaskInput = {
  readonly logits: readonly ArrayLike<number>[]
  readonly manifest: Pick<PackManifest, 'classes' | 'findings' | 'gate' | 'pooling'>
  readonly thresholds: Readonly<Record<string, number>>
}

/** The pure part of a task: `frames` says how many frames of a clip it wants to see at most. */
export type Task = { frames(manifest: Pick<PackManifest, 'pooling'>): number; interpret(input: TaskInput): Interpretation }

/** The calibrated score of each finding of the manifest, for one frame. */
export const scoresOf = (logits: ArrayLike<number>, manifest: Pick<PackManifest, 'findings'>): Score[] =>
  manifest.findings.map(({ code, name, source, calibration }) => ({ code, name, score: calibrate(logOdds(logits, source), calibration) }))
