import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

/** One row of a labelled set, column name -> text. */
export type LabelledRow = Readonly<Record<string, string>>

/** Which rows are positive for a finding; undefined when the row says nothing about it. */
export type Truth = (row: LabelledRow) => boolean | undefined

const number = (text: string | undefined): number | undefined =>
  text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text)

const gradeFrom = (lowest: number): Truth => (row) => {
  const grade = number(row['grade'])
  return grade === undefined ? yesOrNo(row) : grade >= lowest
}

const YES = new Set(['1', 'yes', 'true', 'positive', 'pos', 'referable'])
const NO = new Set(['0', 'no', 'false', 'negative', 'neg', 'normal', 'healthy', 'non-referable', 'normal-other-source'])

/** The column `label`, where it is a plain yes or no. */
const yesOrNo: Truth = (row) => {
  const label = row['label']?.trim().toLowerCase() ?? ''
  return YES.has(label) ? true : NO.has(label) ? false : undefined
}

const labelled = (...positive: string[]): Truth => (row) => {
  const label = row['label']?.trim().toLowerCase() ?? ''
  return positive.includes(label) ? true : yesOrNo(row)
}

/** ICDR: referable from grade 2, vision-threatening from grade 3; the others by their label. */
const DEFAULTS: Readonly<Record<string, Truth>> = {
  'dr-referable': gradeFrom(2),
  'dr-vision-threatening': gradeFrom(3),
  tb: labelled('tb', 'tuberculosis'),
  'cxr-other-abnormal': labelled('pneumonia', 'viral-pneumonia', 'covid', 'other-abnormal'),
  'lus-consolidation': labelled('bacterial-pneumonia', 'consolidation'),
  'lus-interstitial': labelled('viral-pneumonia', 'covid', 'b-lines', 'interstitial')
}

const SPEC = /^([a-z-]+)=([^<>=:]+)(?::(.+)|>=(-?\d+(?:\.\d+)?))$/

/**
 * How a finding's truth is read from the table. `spec` is `finding=column:value|value` (these values are positive, any other
 * non-empty one is negative) or `finding=column>=number`; without one the finding's own default applies.
 */
export function truthOf(finding: string, specs: readonly string[]): Result<Truth, Problem> {
  const parsed = specs.map((spec) => ({ spec, match: SPEC.exec(spec) }))
  const bad = parsed.find(({ match }) => !match)
  if (bad) return err(problem('bad-truth', `expected finding=column:value|value or finding=column>=number; got ${bad.spec}`, '--truth'))
  const mine = parsed.find(({ match }) => match?.[1] === finding)?.match
  if (!mine) return ok(DEFAULTS[finding] ?? yesOrNo)
  const [, , column = '', values, lowest] = mine
  if (lowest !== undefined) return ok((row) => { const value = number(row[column]); return value === undefined ? undefined : value >= Number(lowest) })
  const positive = new Set(values?.split('|'))
  return ok((row) => (row[column] ? positive.has(row[column]) : undefined))
}
