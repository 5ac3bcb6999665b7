import { createHash } from 'node:crypto'
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import { readLine } from './audit-entry.js'
import { auditFiles, findEnd, linesOf } from './audit-files.js'
import { verifyAudit } from './verify-audit.js'

/** `file`: the first month that was put back; `entries`: the last one that the copy gave; `kept`: the months as they were found, beside the record. */
export type AuditRestored = { readonly file: string; readonly entries: number; readonly kept: readonly string[] }
/** `differs`: the copy is of another record, or of a longer one, and was left alone. */
export type AuditCopied = { readonly bytes: number; readonly differs: boolean }

type Month = { readonly name: string; readonly copy: Buffer; readonly found: Buffer | undefined }
type CopyEnd = { readonly entries: number; readonly lastHash: string }

/** A bad block under a copy: it is as if it were not there. */
const ROTTEN = ['ENOENT', 'EIO', 'EUCLEAN', 'EBADMSG']
const EMPTY = Buffer.alloc(0)
const copiesOf = (folder: string): string => join(folder, 'copies')

/**
 * Puts back from `copies` what the record has lost or what is no longer as it was written, and keeps what was added after the copy was made. The files
 * as they were found stay beside it. Undefined where the record goes on from its copy, or where the copy can't say what was there: then nothing is changed.
 */
export async function restoreFromCopies(folder: string): Promise<AuditRestored | undefined> {
  const months = await readMonths(folder)
  const last = months.at(-1)
  if (!last || goesOnFromCopies(months)) return undefined
  const copied = await verifyAudit(copiesOf(folder))
  const added = copied.problem ? undefined : await addedSince(folder, last, copied)
  if (!added) return undefined
  const whole = months.map((month) => ({ ...month, copy: month === last ? Buffer.concat([untilLastLine(last.copy), added]) : month.copy }))
  const changed = whole.filter(({ copy, found }) => !found?.equals(copy))
  const kept: string[] = []
  for (const month of changed) kept.push(...(await putBack(folder, month)))
  return { file: changed[0]?.name ?? last.name, entries: copied.entries, kept }
}

/** Keeps each month a second time, unless the copy is whole and of another record, or has more entries. The record's chain must hold. */
export async function keepCopies(folder: string): Promise<AuditCopied> {
  await makeDirectoryDurable(copiesOf(folder))
  const months = await readMonths(folder)
  if (!goesOnFromCopies(months) && (await isToBeKept(folder))) return { bytes: 0, differs: true }
  let bytes = 0
  for (const name of await auditFiles(folder)) {
    const found = await readFile(join(folder, name))
    bytes += found.length
    const copy = untilLastLine(found)
    if (!months.find((month) => month.name === name)?.copy.equals(copy)) await writeFileDurable(join(copiesOf(folder), name), copy)
  }
  return { bytes, differs: false }
}

async function isToBeKept(folder: string): Promise<boolean> {
  const [there, copied] = await Promise.all([findEnd(folder), findEnd(copiesOf(folder))])
  return copied.seq > there.seq || (await verifyAudit(copiesOf(folder))).problem === undefined
}

async function readMonths(folder: string): Promise<Month[]> {
  const names = await auditFiles(copiesOf(folder)).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  })
  const months = await Promise.all(names.map(async (name) => ({ name, copy: await readUnless(join(copiesOf(folder), name), ...ROTTEN), found: await readUnless(join(folder, name), 'ENOENT') })))
  return months.flatMap(({ copy, ...month }) => (copy ? [{ ...month, copy }] : []))
}

/** Entries are only added, and only to the newest month: each older one is its copy, and the newest begins with it. */
const goesOnFromCopies = (months: readonly Month[]): boolean =>
  months.every(({ copy, found }, n) => found !== undefined && (n === months.length - 1 ? found.subarray(0, copy.length) : found).equals(copy))

/** What the last copied month holds after the copy's last entry; undefined where the record goes on from another entry than that. */
async function addedSince(folder: string, last: Month, copied: CopyEnd): Promise<Buffer | undefined> {
  const found = last.found ?? EMPTY
  const next = nextLine(found, copied)
  if (next) return next.follows ? found.subarray(next.start) : undefined
  for (const name of (await auditFiles(folder)).filter((each) => each > last.name)) {
    const later = nextLine(await readFile(join(folder, name)), copied)
    if (later) return later.follows ? EMPTY : undefined
  }
  return EMPTY
}

/** The first whole line with a higher number than the copy's last one, and whether it is the one after it. */
function nextLine(bytes: Buffer, { entries, lastHash }: CopyEnd): { readonly start: number; readonly follows: boolean } | undefined {
  for (const { bytes: line, start } of linesOf(bytes)) {
    const entry = readLine(line.toString('utf8', 0, line.length - 1))
    if (entry && entry.seq > entries) return { start, follows: entry.seq === entries + 1 && entry.prev === lastHash }
  }
  return undefined
}

/** A copy may have been made while a line was being written. */
const untilLastLine = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)

/** The name under which the file is kept as it was found, unless the copy holds all of that. */
async function putBack(folder: string, { name, copy, found }: Month): Promise<string[]> {
  const isCut = found === undefined || copy.subarray(0, found.length).equals(found)
  const kept = isCut ? [] : [`${name}.${createHash('sha256').update(found).digest('hex').slice(0, 12)}.damaged`]
  for (const aside of kept) await writeFileDurable(join(folder, aside), found ?? EMPTY)
  await writeFileDurable(join(folder, name), copy)
  await chmod(join(folder, name), 0o600)
  return kept
}

async function readUnless(path: string, ...codes: readonly string[]): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isErrno(error, ...codes)) return undefined
    throw error
  }
}
