import type { PackReference } from '../domain/finding.js'
import type { PersonFigures, PersonsImage } from './by-person.js'
import { byPerson } from './by-person.js'
import type { Interval, RocPoint, Scored } from './roc.js'
import { aucInterval, rocPoints } from './roc.js'
import type { ReliabilityBin } from './calibration.js'
import { expectedCalibrationError, reliability } from './calibration.js'
import type { ThresholdRow } from './confusion.js'
import { atThreshold } from './confusion.js'
import { groupBy } from './group-by.js'
import type { Proportion } from './proportion.js'
import { proportion } from './proportion.js'
import type { LabelledRow, Truth } from './truth.js'

/** One labelled file as the appliance read it; `error` is the code when it could not be read. */
export type ReadRow = {
  readonly row: LabelledRow
  readonly patient: string
  readonly gradable: boolean
  readonly reasons: readonly string[]
  /** Calibrated score of each finding, 0..1. */
  readonly scores: Readonly<Record<string, number>>
  readonly error?: string
}

export type NamedThreshold = { readonly name: string; readonly threshold: number }

/** Figures of the scored images; the same if every refused one is referred (counted as called positive); and by person, of the whole set where somebody has several images. */
export type EvaluatedPoint = {
  readonly name: string
  readonly refusedReferred: Pick<ThresholdRow, 'sensitivity' | 'specificity'>
  readonly byPerson?: PersonFigures
} & ThresholdRow

export type FindingEvaluation = {
  readonly finding: string
  readonly n: number
  readonly positives: number
  readonly patients: number
  /** Images of known truth that got no score (unreadable, ungradable, or not to be scored): they are in none of the figures but these. */
  readonly refused: { readonly files: number; readonly positives: number }
  /** Images whose row says nothing of this finding, in none of the figures; how many different things those rows do say, and five of them. */
  readonly unknown: { readonly files: number; readonly kinds: number; readonly labels: readonly string[] }
  readonly auc?: Interval
  readonly operatingPoints: readonly EvaluatedPoint[]
  /** Absent where no image has a score. */
  readonly expectedCalibrationError?: number
  readonly reliability: readonly ReliabilityBin[]
  readonly roc: readonly RocPoint[]
}

export type GroupEvaluation = {
  /** `column=value`, or `all`. */
  readonly group: string
  readonly files: number
  readonly unreadable: Proportion
  readonly ungradable: Proportion
  readonly reasons: Readonly<Record<string, number>>
  readonly findings: readonly FindingEvaluation[]
}

/** What an evaluation was made of, so that it can be made again; `gate` is null where none was in service. */
export type Provenance = {
  /** Name of the file, without its folders. */
  readonly table: string
  readonly tableSha256: string
  readonly where: readonly string[]
  readonly truth: readonly string[]
  readonly patientColumn: string
  readonly at: string
  readonly gate: PackReference | null
}

export type Evaluation = { readonly pack: PackReference; readonly groups: readonly GroupEvaluation[] }

/** An evaluation as it is kept. */
export type EvaluationReport = Evaluation & { readonly provenance: Provenance & Pick<EvaluationPlan, 'seed' | 'resamples'> }

/** A finding and how its truth is read; `said` is the text that was not understood where the truth is unknown. */
export type JudgedFinding = { readonly code: string; readonly truth: Truth; readonly said: (row: LabelledRow) => string }

export type EvaluationPlan = {
  readonly pack: PackReference
  readonly findings: readonly (JudgedFinding & { readonly thresholds: readonly NamedThreshold[] })[]
  /** Columns to split by, besides the whole set. */
  readonly columns: readonly string[]
  readonly resamples: number
  readonly seed: number
}

/** Everything a card or a site needs to know of a labelled set, as a whole and by each value of the columns. */
export function evaluate(rows: readonly ReadRow[], plan: EvaluationPlan): Evaluation {
  const splits = plan.columns.flatMap((column) =>
    [...groupBy(rows, (each) => each.row[column] || '(empty)')].map(([value, members]) => evaluateGroup(`${column}=${value}`, members, plan)))
  const { findings, ...all } = evaluateGroup('all', rows, plan)
  return { pack: plan.pack, groups: [{ ...all, findings: findings.map((each, at) => withPeople(each, rows, plan.findings[at])) }, ...splits] }
}

/** Only of the whole set: a column may split a person. */
function withPeople(figures: FindingEvaluation, rows: readonly ReadRow[], finding: JudgedFinding | undefined): FindingEvaluation {
  const images = finding ? rows.map((each): PersonsImage => ({ patient: each.patient, score: scoreOf(each, finding.code), positive: finding.truth(each.row) })) : []
  return { ...figures, operatingPoints: figures.operatingPoints.map((point) => ({ ...point, byPerson: byPerson(images, point.threshold) })) }
}

/** None where the image was refused. */
const scoreOf = ({ error, gradable, scores }: ReadRow, code: string): number | undefined => (error === undefined && gradable ? scores[code] : undefined)

function evaluateGroup(group: string, rows: readonly ReadRow[], plan: EvaluationPlan): GroupEvaluation {
  const readable = rows.filter((each) => each.error === undefined)
  const reasons: Record<string, number> = {}
  for (const code of rows.flatMap((each) => (each.error === undefined ? each.reasons : [each.error]))) reasons[code] = (reasons[code] ?? 0) + 1
  return {
    group, files: rows.length, reasons,
    unreadable: proportion(rows.length - readable.length, rows.length),
    ungradable: proportion(readable.filter((each) => !each.gradable).length, readable.length),
    findings: plan.findings.map((finding) => evaluateFinding(rows, finding, plan))
  }
}

/** The rows of one finding: with a score, of known truth but without one (called positive by every threshold), and of unknown truth. */
export type SortedRows = { readonly cases: readonly Scored[]; readonly refused: readonly Scored[]; readonly unknown: FindingEvaluation['unknown'] }

const NAMED = 5

/** Which rows a finding is judged by, and what is left out of its figures. */
export function sortRows(rows: readonly ReadRow[], { code, truth, said }: JudgedFinding): SortedRows {
  const known = rows.flatMap((each) => {
    const positive = truth(each.row)
    return positive === undefined ? [] : [{ score: scoreOf(each, code), positive, patient: each.patient }]
  })
  const unknown = rows.filter((each) => truth(each.row) === undefined)
  const labels = [...new Set(unknown.map(({ row }) => said(row) || '(empty)'))]
  return {
    cases: known.flatMap((each) => (each.score === undefined ? [] : [{ ...each, score: each.score }])),
    refused: known.filter((each) => each.score === undefined).map((each) => ({ ...each, score: Infinity })),
    unknown: { files: unknown.length, kinds: labels.length, labels: labels.slice(0, NAMED) }
  }
}

/** Figures for `refusedSentence`. */
export const countRefused = ({ refused }: SortedRows): FindingEvaluation['refused'] =>
  ({ files: refused.length, positives: refused.filter((each) => each.positive).length })

function evaluateFinding(rows: readonly ReadRow[], finding: EvaluationPlan['findings'][number], plan: EvaluationPlan): FindingEvaluation {
  const sorted = sortRows(rows, finding)
  const { cases, refused, unknown } = sorted
  return {
    finding: finding.code, n: cases.length, positives: cases.filter((each) => each.positive).length,
    patients: new Set(cases.map((each) => each.patient)).size,
    refused: countRefused(sorted), unknown,
    auc: aucInterval(cases, plan),
    operatingPoints: finding.thresholds.map(({ name, threshold }) => {
      const { sensitivity, specificity } = atThreshold([...cases, ...refused], threshold)
      return { name, ...atThreshold(cases, threshold), refusedReferred: { sensitivity, specificity } }
    }),
    ...(cases.length > 0 ? { expectedCalibrationError: expectedCalibrationError(cases) } : {}),
    reliability: reliability(cases), roc: rocPoints(cases)
  }
}
