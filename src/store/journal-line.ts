import { crc32 } from 'node:zlib'
import type { StudyId } from '../domain/ids.js'
import type { StudySummary } from '../domain/study.js'

/**
 * touch: the study may be about to change (durable before the change is). put: it has changed to this.
 * sync: all before this line agrees with the folders, but for the changes under way that it names.
 */
export type JournalEntry = { readonly touch: StudyId } | { readonly put: StudySummary } | { readonly sync: readonly StudyId[] }

const checksum = (json: string): string => crc32(json).toString(16).padStart(8, '0')

/** One line: CRC-32 of the JSON as eight hex digits, a space, the JSON. */
export function renderLine(entry: unknown): string {
  const json = JSON.stringify(entry)
  return `${checksum(json)} ${json}\n`
}

export const isLineWhole = (line: string): boolean => line[8] === ' ' && line.slice(0, 8) === checksum(line.slice(9))

/** The entry of a line (without its line end), or undefined when it is torn or damaged. */
function parseLine(line: string): unknown {
  return isLineWhole(line) ? JSON.parse(line.slice(9)) : undefined
}

/**
 * The entries of a journal. A damaged last line is what a power cut leaves of an unfinished write and is dropped;
 * damage of more, or before a good line, means that entries are missing: `intact` is then false.
 */
export function parseJournal(text: string): { entries: JournalEntry[]; intact: boolean } {
  const parsed = text.split('\n').filter((line) => line !== '').map(parseLine)
  return { entries: parsed.filter((entry) => entry !== undefined) as JournalEntry[], intact: !parsed.slice(0, -1).includes(undefined) }
}

/** What a journal says: the newest known summary of each study, and which studies must be read again from their folders. */
export function replayJournal(entries: readonly JournalEntry[]): { puts: Map<StudyId, StudySummary>; doubtful: Set<StudyId> } {
  const puts = new Map<StudyId, StudySummary>()
  let doubtful = new Set<StudyId>()
  for (const entry of entries) {
    if ('put' in entry) puts.set(entry.put.id, entry.put)
    else if ('touch' in entry) doubtful.add(entry.touch)
    else doubtful = new Set(entry.sync)
  }
  return { puts, doubtful }
}
