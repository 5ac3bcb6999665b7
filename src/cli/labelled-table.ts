import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CsvError, parse } from 'csv-parse/sync'
import { groupBy } from '../evaluate/group-by.js'
import type { LabelledRow } from '../evaluate/truth.js'
import { truthColumns, truthValues } from '../evaluate/truth.js'
import { UsageError } from './host.js'

export type LabelledSet = {
  readonly csv: string
  readonly root: string
  readonly pack: string
  /** `column=value`: only these rows. */
  readonly where: readonly string[]
  /** Where each finding's truth is (`truth.ts`). */
  readonly truth: readonly string[]
  /** Columns to split by. */
  readonly splitBy?: readonly string[]
  /** Column whose equal values are one patient. */
  readonly patientColumn: string
  /** Of the pack that is to be judged. */
  readonly version: string
}

/** What `--patient-column` is unless somebody says otherwise. */
export const PATIENT_COLUMN = 'patient_or_eye_id'

/** Values of a column that a sentence names, and as many as may count as negative before one is left out. */
const NAMED = 8
const NEGATIVES_NAMED = 20

/** The rows of the CSV that `where` keeps; the column `file` names the image below `root`. */
export async function rowsOf(set: Omit<LabelledSet, 'version'>): Promise<LabelledRow[]> {
  const { csv, where } = set
  const rows = parseTable(csv, await readFile(resolve(csv)))
  checkColumns(set, Object.keys(rows[0] ?? {}))
  checkValues(set, rows)
  const wanted = where.map((each) => each.split('=') as [string, string | undefined])
  const kept = rows.filter((row) => wanted.every(([column, value]) => (value ?? '').split('|').includes(row[column] ?? '')))
  if (kept.length === 0) throw new UsageError(noRows(csv, rows, wanted))
  return kept
}

function parseTable(csv: string, bytes: Buffer): LabelledRow[] {
  if (!isUtf8(bytes)) throw new UsageError(`${csv} is not UTF-8 (line ${firstBadLine(bytes)}): its letters beyond a to z would be read wrongly. Save it as "CSV UTF-8".`)
  const header = bytes.subarray(0, Math.max(0, bytes.indexOf('\n'))).toString()
  if (!header.includes(',') && /[;\t]/.test(header)) throw new UsageError(`${csv}: the names in its first line are separated by ${header.includes(';') ? 'semicolons' : 'tabs'}. Save it with commas between the values.`)
  try {
    return parse(bytes, { columns: true, skip_empty_lines: true, bom: true }) as LabelledRow[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = String(error['lines'])
    throw new UsageError(error.code === 'CSV_RECORD_INCONSISTENT_COLUMNS'
      ? `${csv}: line ${line} does not have as many values as the header has names. Take the surplus comma out, or put a value that holds one between double quotes.`
      : `${csv} can't be read as a table from line ${line} on (${error.code}). Look for a double quote that is not closed.`)
  }
}

const firstBadLine = (bytes: Buffer): number => bytes.toString('latin1').split('\n').findIndex((line) => !isUtf8(Buffer.from(line, 'latin1'))) + 1

/** Every column that an option names is there; a table without rows has none to check. */
function checkColumns({ csv, splitBy = [], truth, patientColumn }: Omit<LabelledSet, 'version'>, columns: readonly string[]): void {
  if (columns.length === 0) return
  if (!columns.includes('file')) throw new UsageError(`${csv} needs a column \`file\` with the image's path below --root; it has ${columns.join(', ')}.`)
  const named = [
    ...truthColumns(truth).map((column) => ['--truth', column] as const), ...splitBy.map((column) => ['--by', column] as const),
    ...(patientColumn === PATIENT_COLUMN ? [] : [['--patient-column', patientColumn] as const])
  ]
  const absent = named.find(([, column]) => !columns.includes(column))
  if (absent) throw new UsageError(`${absent[0]}: ${csv} has no column \`${absent[1]}\`; it has ${columns.join(', ')}.`)
}

/** A misspelt value would make the ill healthy. */
function checkValues({ csv, truth }: Pick<LabelledSet, 'csv' | 'truth'>, rows: readonly LabelledRow[]): void {
  for (const { column, positive } of truthValues(truth)) {
    const held = new Set(rows.map((row) => row[column]))
    const absent = positive.find((value) => !held.has(value))
    if (absent !== undefined && rows.length > 0) throw new UsageError(`--truth: no row of ${csv} has ${absent} as its \`${column}\`; it has ${[...held].slice(0, NAMED).map((value) => value || '(empty)').join(', ')}. Write it as the table does.`)
  }
}

/** What each `--truth` of values makes a negative, a line each: there a misspelt row would be seen. */
export const negativeSentences = (truth: readonly string[], rows: readonly LabelledRow[]): string => truthValues(truth).map(({ finding, column, positive }) => {
  const counts = [...groupBy(rows, (row) => row[column] ?? '')].map(([value, all]) => ({ value, count: all.length })).filter(({ value }) => value !== '' && !positive.includes(value)).sort((a, b) => b.count - a.count)
  return `Not ${finding} by --truth: ${counts.slice(0, NEGATIVES_NAMED).map(({ value, count }) => `${value} ${count}`).join(', ') || 'no row'}${counts.length > NEGATIVES_NAMED ? ` and ${counts.length - NEGATIVES_NAMED} other values` : ''}.\n`
}).join('')

/**
 * The rows without those that say of a file again what an earlier one said: an image counted twice would narrow the intervals. `sentence` says
 * how many they were, and how many files stand in rows that differ, each of which counts; empty where there are none.
 */
export function withoutRepeats({ csv, root, truth, splitBy = [], patientColumn }: LabelledSet, rows: readonly LabelledRow[]): { readonly rows: LabelledRow[]; readonly sentence: string } {
  const read = ['label', 'grade', patientColumn, ...truthColumns(truth), ...splitBy]
  const fileOf = (row: LabelledRow): string => resolve(root, row['file'] ?? '')
  const once = [...groupBy(rows, (row) => JSON.stringify([fileOf(row), ...read.map((column) => row[column] ?? '')])).values()].map(([first]) => first!)
  const differing = [...groupBy(once, fileOf).values()].filter((same) => same.length > 1).map(([first]) => first!['file'])
  const repeated = once.length < rows.length ? `Rows of ${csv} that repeat an earlier row of their file: ${rows.length - once.length}. Each file is counted once.\n` : ''
  const torn = differing.length > 0 ? `Files of ${csv} in rows that differ: ${differing.length} (${differing.slice(0, NAMED).join(', ')}). Each row is counted; keep the one that is right.\n` : ''
  return { rows: once, sentence: repeated + torn }
}

/** What the intervals rest on where the table does not say whose the images are; empty where it does. */
export const patientSentence = (csv: string, rows: readonly LabelledRow[]): string => PATIENT_COLUMN in (rows[0] ?? {}) ? ''
  : `${csv} has no column \`${PATIENT_COLUMN}\`: each file counts as a patient of its own and the intervals are by file, too narrow where a patient has several. Name the column with --patient-column.\n`

/** Why nothing is left, with what the columns do hold. */
function noRows(csv: string, rows: readonly LabelledRow[], wanted: readonly (readonly [string, string | undefined])[]): string {
  if (rows.length === 0) return `${csv} has no rows below its header.`
  const held = wanted.map(([column]) => {
    const values = [...new Set(rows.map((row) => row[column]).filter((value) => value !== undefined))]
    return values.length === 0 ? `there is no column \`${column}\`` : `\`${column}\` has ${values.slice(0, NAMED).map((value) => value || '(empty)').join(', ')}`
  })
  return `No row of ${csv} fits every --where: ${held.join('; ')}.`
}
