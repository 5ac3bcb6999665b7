import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'

/** One row of a labelled set, column name -> text. */
export type LabelledRow = Readonly<Record<string, string>>

/** Which rows are positive for a finding; undefined when the row says nothing about it. */
export type Truth = (row: LabelledRow) => boolean | undefined

const number = (text: string | undefined): number | undefined =>
  text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text)

const YES = ['1', 'yes', 'true', 'positive', 'pos']
const NO = ['0', 'no', 'false', 'negative', 'neg']
const HEALTHY = ['normal', 'healthy', 'normal-other-source']

/** The column `label`: a plain yes or no, or what the finding calls so. */
const labelled = (positive: readonly string[], negative: readonly string[]): Truth => (row) => {
  const label = row['label']?.trim().toLowerCase() ?? ''
  return [...YES, ...positive].includes(label) ? true : [...NO, ...negative].includes(label) ? false : undefined
}

const orHealthy = (...positive: string[]): Truth => labelled(positive, HEALTHY)

const gradeFrom = (lowest: number, ...positive: string[]): Truth => (row) => {
  const grade = number(row['grade'])
  return grade === undefined ? labelled(positive, [...HEALTHY, 'non-referable'])(row) : grade >= lowest
}

/** ICDR: referable from grade 2, vision-threatening from grade 3; the others by their label. What `normal` or `referable` says of any other finding, `--truth` must say. */
const DEFAULTS: Readonly<Record<string, Truth>> = {
  'dr-referable': gradeFrom(2, 'referable'),
  'dr-vision-threatening': gradeFrom(3),
  tb: orHealthy('tb', 'tuberculosis'),
  // Not viral-pneumonia: the films that public sets call so are of small children, whom the pack may not judge.
  'cxr-other-abnormal': orHealthy('pneumonia', 'covid', 'other-abnormal'),
  'lus-consolidation': orHealthy('bacterial-pneumonia', 'consolidation'),
  'lus-interstitial': orHealthy('viral-pneumonia', 'covid', 'b-lines', 'interstitial')
}

const SPEC = /^([a-z-]+)=([^<>=:]+)(?::(.+)|>=(-?\d+(?:\.\d+)?))$/

type Spec = { readonly finding: string; readonly column: string; readonly values?: string; readonly lowest?: string }

/** `finding=column:value|value` (these values are positive, any other non-empty one is negative) or `finding=column>=number`. */
function parseSpec(spec: string): Spec | undefined {
  const [whole, finding = '', column = '', values, lowest] = SPEC.exec(spec) ?? []
  return whole === undefined ? undefined : { finding, column, values, lowest }
}

const specsOf = (specs: readonly string[]): Spec[] => specs.flatMap((spec) => parseSpec(spec) ?? [])

/** What is wrong with the specs for a pack of these findings; undefined where nothing is. */
export function checkTruths(specs: readonly string[], findings: readonly string[]): Problem | undefined {
  const bad = specs.find((spec) => !parseSpec(spec))
  if (bad !== undefined) return problem('bad-truth', `expected finding=column:value|value or finding=column>=number; got ${bad}`, '--truth')
  const stranger = specsOf(specs).find(({ finding }) => !findings.includes(finding))
  return stranger && problem('bad-truth', `there is no finding ${stranger.finding}; the pack has ${findings.join(', ')}`, '--truth')
}

/** The columns that the specs read. */
export const truthColumns = (specs: readonly string[]): string[] => specsOf(specs).map(({ column }) => column)

/** Of the specs that list values: the column, and the values that are positive. */
export const truthValues = (specs: readonly string[]): { readonly finding: string; readonly column: string; readonly positive: readonly string[] }[] =>
  specsOf(specs).flatMap(({ finding, column, values }) => (values === undefined ? [] : [{ finding, column, positive: values.split('|') }]))

/** How a finding's truth is read from the table; where no spec is of it, its own default applies. The specs are in order (`checkTruths`). */
export function truthOf(finding: string, specs: readonly string[]): Truth {
  const mine = specsOf(specs).find((spec) => spec.finding === finding)
  if (!mine) return DEFAULTS[finding] ?? labelled([], [])
  const { column, values, lowest } = mine
  if (lowest !== undefined) return (row) => { const value = number(row[column]); return value === undefined ? undefined : value >= Number(lowest) }
  const positive = new Set(values?.split('|'))
  return (row) => (row[column] ? positive.has(row[column]) : undefined)
}

const LONGEST = 40

/** The text that a finding's truth is read from, cut short: to name what was not understood. */
export function saidOf(finding: string, specs: readonly string[]): (row: LabelledRow) => string {
  const column = specsOf(specs).find((spec) => spec.finding === finding)?.column
  return (row) => ((column === undefined ? row['label'] || row['grade'] : row[column]) ?? '').trim().slice(0, LONGEST)
}
