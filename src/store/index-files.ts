import { createReadStream } from 'node:fs'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { crc32 } from 'node:zlib'
import type { StudyId } from '../domain/ids.js'
import type { StudySummary } from '../domain/study.js'
import { fsyncDirectory, isErrno } from '../platform/durable-fs.js'
import { isDiskFault } from './disk-fault.js'
import type { JournalEntry } from './journal-line.js'
import { isLineWhole, parseJournal, replayJournal } from './journal-line.js'
import { STUDY_FORMAT } from './migrations.js'

const SNAPSHOT = 'snapshot.jsonl'
/** The lists were deleted, which is allowed. */
export const NO_SNAPSHOT = 'there is no snapshot'
const CHUNK = 1000
/** Grows when `summarise` tells more, or otherwise: lists of before would never learn it of studies that nobody changes. */
const LINES = 5

export const journalName = (generation: number): string => `journal-${generation}.jsonl`

export type LoadedIndex = {
  readonly summaries: Map<StudyId, StudySummary>
  /** Must be read again from their folders. */
  readonly doubtful: Set<StudyId>
  /** Lines since the snapshot. */
  readonly journalled: number
  /** The newest generation that any file names. */
  readonly generation: number
}

/** The index as the files say, or why they can't be used: then all folders must be read. */
export async function loadIndex(folder: string, format: number = STUDY_FORMAT.current): Promise<LoadedIndex | { readonly unusable: string; readonly generation: number }> {
  const generations = await journalGenerations(folder)
  const newest = generations.at(-1) ?? 0
  const unusable = (why: string): { unusable: string; generation: number } => ({ unusable: why, generation: newest })
  const snapshot = await readSnapshot(join(folder, SNAPSHOT), format)
  if (typeof snapshot === 'string') return unusable(snapshot)
  const needed = generations.filter((generation) => generation >= snapshot.generation)
  if (needed[0] !== snapshot.generation || needed.length !== newest - snapshot.generation + 1) return unusable('a journal is missing')
  const entries: JournalEntry[] = []
  for (const generation of needed) {
    const bytes = await readOrDamaged(join(folder, journalName(generation)))
    const journal = bytes && parseJournal(bytes.toString())
    if (!journal?.intact) return unusable(`${journalName(generation)} is damaged`)
    for (const entry of journal.entries) entries.push(entry)
  }
  const { puts, doubtful } = replayJournal(entries)
  for (const [id, summary] of puts) snapshot.summaries.set(id, summary)
  return { summaries: snapshot.summaries, doubtful, journalled: entries.length, generation: newest }
}

/** Whether snapshot and journals are as they were written; read line by line beside a running service, and nothing is kept. */
export async function isIndexWhole(folder: string): Promise<boolean> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name === SNAPSHOT || /^journal-\d+\.jsonl$/.test(name))
  for (const name of names) if (!(await (name === SNAPSHOT ? isSnapshotWhole : isJournalWhole)(join(folder, name)).catch(unlessDiskFault))) return false
  return names.includes(SNAPSHOT)
}

/** Undefined where the disk can't read it: what may be deleted must not keep the appliance from starting. */
const readOrDamaged = (path: string): Promise<Buffer | undefined> => readFile(path).catch((error: unknown) => { if (isDiskFault(error)) return undefined; throw error })

const unlessDiskFault = (error: unknown): false => { if (isDiskFault(error)) return false; throw error }

async function isSnapshotWhole(path: string): Promise<boolean> {
  let [checksum, last] = [0, '']
  for await (const line of linesOf(path)) {
    if (last !== '') checksum = crc32(`${last}\n`, checksum)
    last = line
  }
  return `${last}\n` === trailer(checksum)
}

/** A damaged end is a line that is being written. */
async function isJournalWhole(path: string): Promise<boolean> {
  let wasDamaged = false
  for await (const line of linesOf(path)) {
    if (line === '') continue
    if (wasDamaged) return false
    wasDamaged = !isLineWhole(line)
  }
  return true
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const input = createReadStream(path)
  // A journal that is no longer needed is removed.
  input.on('error', () => undefined)
  yield* createInterface({ input, crlfDelay: Infinity })
}

/** Numbers of the journals in the folder, rising. */
async function journalGenerations(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  return names.flatMap((name) => /^journal-(\d+)\.jsonl$/.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b)
}

type Snapshot = { readonly generation: number; readonly summaries: Map<StudyId, StudySummary> }

/** First line `{"generation","count","lines","format"}`, one summary a line, last line the CRC-32 of all before it. */
async function readSnapshot(path: string, format: number): Promise<Snapshot | string> {
  let bytes: Buffer | undefined
  try {
    bytes = await readOrDamaged(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return NO_SNAPSHOT
    throw error
  }
  const end = (bytes?.lastIndexOf(10, -2) ?? -1) + 1
  if (!bytes || end === 0 || bytes.subarray(end).toString() !== trailer(crc32(bytes.subarray(0, end)))) return `${SNAPSHOT} is damaged`
  const first = bytes.indexOf(10) + 1
  const { generation, lines, format: written = 1 } = JSON.parse(bytes.toString('utf8', 0, first)) as { generation: number; lines?: number; format?: number }
  if (lines !== LINES || written !== format) return `${SNAPSHOT} is of another release`
  return { generation, summaries: parseSummaries(bytes, first, end) }
}

/** Line by line, since one text of the whole file would double the memory of a start. */
function parseSummaries(bytes: Buffer, from: number, end: number): Map<StudyId, StudySummary> {
  const share = new Map<string, string>()
  const summaries = new Map<StudyId, StudySummary>()
  for (let start = from; start < end;) {
    const stop = bytes.indexOf(10, start)
    const summary = sharingText(JSON.parse(bytes.toString('utf8', start, stop)) as StudySummary, share)
    summaries.set(summary.id, summary)
    start = stop + 1
  }
  return summaries
}

const trailer = (checksum: number): string => `${checksum.toString(16).padStart(8, '0')}\n`

/** The same few sentences and device names stand in every summary; one copy of each is enough. */
function sharingText(summary: StudySummary, share: Map<string, string>): StudySummary {
  const once = (text: string): string => {
    const known = share.get(text)
    if (known === undefined) share.set(text, text)
    return known ?? text
  }
  return { ...summary, deviceId: once(summary.deviceId), ...(summary.triageText === undefined ? {} : { triageText: once(summary.triageText) }) }
}

/** `format`: the newest that the documents of this release have. The snapshot of another release tells nothing of documents that this one may not be able to read. */
type SnapshotOf = { readonly generation: number; readonly format?: number }

/** Writes a snapshot in pieces, so that others run between them, and puts it in force. Older journals are removed. */
export async function writeSnapshot(folder: string, { generation, format = STUDY_FORMAT.current }: SnapshotOf, summaries: readonly StudySummary[]): Promise<void> {
  const temporary = join(folder, `${SNAPSHOT}.tmp`)
  const file = await open(temporary, 'w', 0o640)
  try {
    let checksum = 0
    const write = async (text: string): Promise<void> => {
      checksum = crc32(text, checksum)
      await file.appendFile(text)
    }
    await write(`${JSON.stringify({ generation, count: summaries.length, lines: LINES, format })}\n`)
    for (let start = 0; start < summaries.length; start += CHUNK) {
      await write(summaries.slice(start, start + CHUNK).map((summary) => `${JSON.stringify(summary)}\n`).join(''))
    }
    await file.appendFile(trailer(checksum))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(folder, SNAPSHOT))
  await fsyncDirectory(folder)
  const old = (await journalGenerations(folder)).filter((each) => each < generation)
  await Promise.all(old.map((each) => rm(join(folder, journalName(each)), { force: true })))
}
