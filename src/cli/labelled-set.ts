import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import type { ReadRow } from '../evaluate/evaluation.js'
import type { LabelledRow } from '../evaluate/truth.js'
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
  /** Column whose equal values are one patient. */
  readonly patientColumn: string
}

/** The pack called `id` that is in service, or a message that names those that are. */
export async function packCalled(id: string): Promise<CheckedPack> {
  const packs = packsInService(await checkPacks(packsFolder))
  const found = packs.find((pack) => pack.id === id)
  if (!found) throw new UsageError(`There is no pack ${id} in service; there are ${packs.map((pack) => pack.id).join(', ') || 'none'}.`)
  return found
}

/** The rows of the CSV that `where` keeps; the column `file` names the image below `root`. */
export async function rowsOf({ csv, where }: LabelledSet): Promise<LabelledRow[]> {
  const rows = parse(await readFile(resolve(csv)), { columns: true, skip_empty_lines: true, bom: true }) as LabelledRow[]
  if (rows[0] && !('file' in rows[0])) throw new UsageError(`${csv} needs a column \`file\` with the image's path below --root; it has ${Object.keys(rows[0]).join(', ')}.`)
  const wanted = where.map((each) => each.split('=') as [string, string | undefined])
  const kept = rows.filter((row) => wanted.every(([column, value]) => (value ?? '').split('|').includes(row[column] ?? '')))
  if (kept.length === 0) throw new UsageError(noRows(csv, rows, wanted))
  return kept
}

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
  const read: ReadRow[] = []
  for (const row of rows) {
    if (parts.signal.aborted) throw new UsageError(`Stopped after ${read.length} of ${rows.length} files; nothing was written.`)
    read.push(await readRow(set, row, parts.reader))
    if (read.length % 25 === 0 || read.length === rows.length) parts.host.stderr.write(`\r${read.length} of ${rows.length} files`)
  }
  parts.host.stderr.write('\n')
  if (read.every(({ error }) => error !== undefined)) {
    throw new UsageError(`None of the ${read.length} files could be read (${[...new Set(read.map(({ error }) => error))].join(', ')}); the first was looked for at ${resolve(set.root, rows[0]?.['file'] ?? '')}. Is --root right?`)
  }
  return read
}

async function readRow(set: LabelledSet, row: LabelledRow, reader: Reader): Promise<ReadRow> {
  const patient = row[set.patientColumn] || row['file'] || ''
  const reading = await reader.read({ path: resolve(set.root, row['file'] ?? ''), packsFolder, packId: set.pack })
  if (!reading.ok) return { row, patient, gradable: false, reasons: [], scores: {}, error: reading.error.code }
  const { quality, findings } = reading.value
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
