import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditEntry } from './audit-entry.js'
import { FIRST_PREV, readLine } from './audit-entry.js'

/** Where a chain ends: its last whole line, the newest file, and the bytes after that line in it. */
export type End = { readonly seq: number; readonly hash: string; readonly file: string | undefined; readonly torn: Buffer }

const FILE_PATTERN = /^\d{4}-\d{2}\.jsonl$/

/** The files of a record, oldest first. */
export async function auditFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => FILE_PATTERN.test(name)).sort()
}

/** The last whole line of the newest file that has one, and the bytes after it in the newest file. */
export async function findEnd(folder: string): Promise<End> {
  const files = await auditFiles(folder)
  const newest = files.at(-1)
  let torn: Buffer = Buffer.alloc(0)
  for (const name of files.reverse()) {
    const bytes = await readFile(join(folder, name))
    const found = lastWholeLine(bytes)
    if (name === newest) torn = bytes.subarray(found?.end ?? 0)
    if (found) return { seq: found.entry.seq, hash: found.entry.hash, file: newest, torn }
  }
  return { seq: 0, hash: FIRST_PREV, file: newest, torn }
}

function lastWholeLine(bytes: Buffer): { entry: AuditEntry; end: number } | undefined {
  let end = bytes.lastIndexOf(0x0a)
  while (end > 0) {
    const start = bytes.lastIndexOf(0x0a, end - 1) + 1
    const entry = readLine(bytes.toString('utf8', start, end))
    if (entry) return { entry, end: end + 1 }
    end = start - 1
  }
  return undefined
}

/** Every line with its line feed, and what follows the last one. */
export function* linesOf(bytes: Buffer): Generator<{ bytes: Buffer; start: number; whole: boolean }> {
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0) break
    yield { bytes: bytes.subarray(start, end + 1), start, whole: true }
    start = end + 1
  }
  if (start < bytes.length) yield { bytes: bytes.subarray(start), start, whole: false }
}
