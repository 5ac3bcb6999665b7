import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CsvError, parse } from 'csv-parse/sync'
import type { ReadRow } from '../evaluate/evaluation.js'
import type { LabelledRow } from '../evaluate/truth.js'
import { truthColumns } from '../evaluate/truth.js'
import type { CheckedPack } from '../inference/packs.js'
import { checkPacks, packsInService } from '../inference/packs.js'
import type { Reader } from '../pipeline/reader/reader.js'
import type { CliHost } from './host.js'
import { UsageError, packsFolder } from './host.js'

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
  /** Of the pack that is to be judged. Left out: the pack is a draft, to which every picture is given by name. */
  readonly version?: string
}

/** What `--patient-column` is unless somebody says otherwise. */
export const PATIENT_COLUMN = 'patient_or_eye_id'

/** The pack called `id` that is in service, or a message that names those that are. */
export async function packCalled(id: string): Promise<CheckedPack> {
  const packs = packsInService(await checkPacks(packsFolder))
  const found = packs.find((pack) => pack.id === id)
  if (!found) throw new UsageError(`There is no pack ${id} in service; there are ${packs.map((pack) => pack.id).join(', ') || 'none'}.`)
  return found
}

/** The rows of the CSV that `where` keeps; the column `file` names the image below `root`. */
export async function rowsOf(set: LabelledSet): Promise<LabelledRow[]> {
  const { csv, where } = set
  const rows = parseTable(csv, await readFile(resolve(csv)))
  checkColumns(set, Object.keys(rows[0] ?? {}))
  const wanted = where.map((each) => each.split('=') as [string, string | undefined])
  const kept = rows.filter((row) => wanted.every(([column, value]) => (value ?? '').split('|').includes(row[column] ?? '')))
  if (kept.length === 0) throw new UsageError(noRows(csv, rows, wanted))
  return kept
}

function parseTable(csv: string, bytes: Buffer): LabelledRow[] {
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

/** Every column that an option names is there; a table without rows has none to check. */
function checkColumns({ csv, splitBy = [], truth, patientColumn }: LabelledSet, columns: readonly string[]): void {
  if (columns.length === 0) return
  if (!columns.includes('file')) throw new UsageError(`${csv} needs a column \`file\` with the image's path below --root; it has ${columns.join(', ')}.`)
  const named = [
    ...truthColumns(truth).map((column) => ['--truth', column] as const), ...splitBy.map((column) => ['--by', column] as const),
    ...(patientColumn === PATIENT_COLUMN ? [] : [['--patient-column', patientColumn] as const])
  ]
  const absent = named.find(([, column]) => !columns.includes(column))
  if (absent) throw new UsageError(`${absent[0]}: ${csv} has no column \`${absent[1]}\`; it has ${columns.join(', ')}.`)
}

/** What the intervals rest on where the table does not say whose the images are; empty where it does. */
export const patientSentence = (csv: string, rows: readonly LabelledRow[]): string => PATIENT_COLUMN in (rows[0] ?? {}) ? ''
  : `${csv} has no column \`${PATIENT_COLUMN}\`: each file counts as a patient of its own and the intervals are by file, too narrow where a patient has several. Name the column with --patient-column.\n`

/** Why nothing is left, with what the columns do hold. */
function noRows(csv: string, rows: readonly LabelledRow[], wanted: readonly (readonly [string, string | undefined])[]): string {
  if (rows.length === 0) return `${csv} has no rows below its header.`
  const held = wanted.map(([column]) => {
    const values = [...new Set(rows.map((row) => row[column]).filter((value) => value !== undefined))]
    return values.length === 0 ? `there is no column \`${column}\`` : `\`${column}\` has ${values.slice(0, 8).map((value) => value || '(empty)').join(', ')}`
  })
  return `No row of ${csv} fits every --where: ${held.join('; ')}.`
}

/** Reads every file by the appliance's own path; progress goes to stderr, an aborted signal stops between two files. */
export async function readSet(set: LabelledSet, parts: { host: CliHost; reader: Reader; signal: AbortSignal }): Promise<ReadRow[]> {
  const rows = await rowsOf(set)
  if (set.patientColumn === PATIENT_COLUMN) parts.host.stderr.write(patientSentence(set.csv, rows))
  const packId = await askedByName(set, parts)
  const read: ReadRow[] = []
  for (const row of rows) {
    if (parts.signal.aborted) throw new UsageError(`Stopped after ${read.length} of ${rows.length} files; nothing was written.`)
    read.push(await readRow(set, row, (path) => parts.reader.read({ path, packsFolder, packId })))
    if (read.length % 25 === 0 || read.length === rows.length) parts.host.stderr.write(`\r${read.length} of ${rows.length} files`)
  }
  parts.host.stderr.write('\n')
  if (read.every(({ error }) => error !== undefined)) {
    throw new UsageError(`None of the ${read.length} files could be read (${[...new Set(read.map(({ error }) => error))].join(', ')}); the first was looked for at ${resolve(set.root, rows[0]?.['file'] ?? '')}. Is --root right?`)
  }
  return read
}

/** Undefined where pictures of the pack's kind go to it by themselves, as in the clinic; else its id, and pictures are given to it by name. */
async function askedByName({ pack, version }: LabelledSet, { host, reader }: { host: CliHost; reader: Reader }): Promise<string | undefined> {
  if (version === undefined) return pack
  const { packs } = await reader.ready
  const mine = packs.find((each) => each.id === pack && each.version === version)
  if (!mine?.inService) throw new UsageError(mine?.problem?.message ?? `${pack} ${version} does not come into service; run \`screenpost doctor\` to see why.`)
  if (!packs.some(({ inService, task }) => inService && task === 'image-type')) host.stderr.write('The gate is out of service: what the pictures show is guessed, and the figures are not those of a clinic. Run `screenpost doctor` to see why.\n')
  const first = packs.find(({ inService, task, modality }) => inService && task !== 'image-type' && modality === mine.modality)
  if (first?.id === pack && mine.modality !== 'any') return undefined
  host.stderr.write(`In service, pictures do not go to ${pack}${first && first.id !== pack ? ` but to ${first.id}` : ''}: here each is given to it by name, so pictures that routing would refuse are among the figures.\n`)
  return pack
}

async function readRow(set: LabelledSet, row: LabelledRow, read: (path: string) => ReturnType<Reader['read']>): Promise<ReadRow> {
  const patient = row[set.patientColumn] || row['file'] || ''
  const reading = await read(resolve(set.root, row['file'] ?? ''))
  if (!reading.ok) return { row, patient, gradable: false, reasons: [], scores: {}, error: reading.error.code }
  const { pack, quality, findings } = reading.value
  if (pack && pack.id !== set.pack) return { row, patient, gradable: false, reasons: ['read-by-other-pack'], scores: {} }
  return {
    row, patient, gradable: quality.gradable, reasons: quality.reasons.map((reason) => reason.code),
    scores: Object.fromEntries(findings.map((finding) => [finding.code, finding.score]))
  }
}

/** Aborts on SIGINT while `work` runs. */
export async function interruptible<T>(host: CliHost, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  host.signals.once('SIGINT', interrupt)
  try {
    return await work(stop.signal)
  } finally {
    host.signals.off('SIGINT', interrupt)
  }
}
