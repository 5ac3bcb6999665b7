import { resolve } from 'node:path'
import type { ReadRow } from '../evaluate/evaluation.js'
import type { LabelledRow } from '../evaluate/truth.js'
import type { CheckedPack } from '../inference/packs.js'
import { checkPacks, packsInService } from '../inference/packs.js'
import type { Reader } from '../pipeline/reader/reader.js'
import type { CliHost } from './host.js'
import { UsageError } from './host.js'
import type { LabelledSet } from './labelled-table.js'
import { PATIENT_COLUMN, negativeSentences, patientSentence, rowsOf, withoutRepeats } from './labelled-table.js'

/** Files that the sentence on unreadable ones names. */
const NAMED = 5

/** The pack called `id` of these folders that is in service, or a message that names those that are. */
export async function packCalled(id: string, folders: string): Promise<CheckedPack> {
  const packs = packsInService(await checkPacks(folders))
  const found = packs.find((pack) => pack.id === id)
  if (!found) throw new UsageError(`There is no pack ${id} in service; there are ${packs.map((pack) => pack.id).join(', ') || 'none'}.`)
  return found
}

/** Reads every file by the appliance's own path; progress goes to stderr, an aborted signal stops between two files. */
export async function readSet(set: LabelledSet, parts: { host: CliHost; reader: Reader; signal: AbortSignal }): Promise<ReadRow[]> {
  const { rows, sentence } = withoutRepeats(set, await rowsOf(set))
  parts.host.stderr.write(sentence)
  if (set.patientColumn === PATIENT_COLUMN) parts.host.stderr.write(patientSentence(set.csv, rows))
  parts.host.stderr.write(negativeSentences(set.truth, rows))
  const packId = await askedByName(set, parts)
  const read: ReadRow[] = []
  for (const row of rows) {
    if (parts.signal.aborted) throw new UsageError(`Stopped after ${read.length} of ${rows.length} files; nothing was written.`)
    read.push(await readRow(set, row, (path) => parts.reader.read({ path, packId })))
    if (read.length % 25 === 0 || read.length === rows.length) parts.host.stderr.write(`\r${read.length} of ${rows.length} files`)
  }
  parts.host.stderr.write('\n')
  const unreadable = read.filter(({ error }) => error !== undefined)
  if (unreadable.length === read.length) throw new UsageError(`None of the ${read.length} files could be read (${[...new Set(unreadable.map(({ error }) => error))].join(', ')}); the first was looked for at ${resolve(set.root, rows[0]?.['file'] ?? '')}. Is --root right?${slashes(unreadable)}`)
  if (unreadable.length > 0) parts.host.stderr.write(`${unreadable.length} of ${read.length} files could not be read: ${unreadable.slice(0, NAMED).map(({ row, error }) => `${row['file']} (${error})`).join(', ')}${unreadable.length > NAMED ? ' and others' : ''}. Look for them below --root.${slashes(unreadable)}\n`)
  return read
}

const slashes = (rows: readonly ReadRow[]): string => rows.some(({ row }) => row['file']?.includes('\\')) ? ' Write / between folder and file, not \\.' : ''

/** Undefined where pictures of the pack's kind go to it by themselves, as in the clinic; else its id, and pictures are given to it by name. */
async function askedByName({ pack, version }: LabelledSet, { host, reader }: { host: CliHost; reader: Reader }): Promise<string | undefined> {
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
