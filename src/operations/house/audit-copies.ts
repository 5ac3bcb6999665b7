import { open, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectoryDurable, writeFileDurable } from '../../platform/durable-fs.js'
import type { Checked } from './house.js'

/** The audit record's own check of its chain; the place where it does not hold. */
export type AuditParts = { verify(): Promise<{ readonly problem?: { readonly file: string; readonly line: number } }> }

const FILE = /^\d{4}-\d{2}\.jsonl$/
const COPIES = 'copies'
const monthsIn = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).filter((name) => FILE.test(name))

/**
 * The chain of the audit record. While it holds, each month's file is kept a second time in `audit/copies`; where it does not, the bytes that
 * differ from the copy are put back, and the chain is asked again: it alone says whether they are the right ones.
 */
export async function checkAudit({ verify }: AuditParts, root: string): Promise<Checked> {
  const folder = join(root, 'audit')
  const { problem } = await verify()
  if (!problem) return { bytes: await copyMonths(folder) }
  const undo: (() => Promise<void>)[] = []
  for (const name of await monthsIn(join(folder, COPIES))) undo.push(await putBack(folder, name))
  const repaired = (await verify()).problem === undefined
  if (!repaired) for (const each of undo) await each()
  return { bytes: 0, fault: {
    where: `audit/${problem.file}`, repaired,
    detail: repaired ? 'the bytes that differed were put back from the copy' : `the record does not hold at line ${problem.line}: keep a copy of the file and compare it with the one in the backup`
  } }
}

/** Bytes read. */
async function copyMonths(folder: string): Promise<number> {
  await makeDirectoryDurable(join(folder, COPIES))
  let read = 0
  for (const name of await monthsIn(folder)) {
    const bytes = await readFile(join(folder, name))
    read += bytes.length
    const copy = await readFile(join(folder, COPIES, name)).catch(() => undefined)
    if (!copy?.equals(bytes)) await writeFileDurable(join(folder, COPIES, name), bytes)
  }
  return read
}

/** In place, since the record is being written to: entries are only added, so its copy is how it begins. Gives what undoes it. */
async function putBack(folder: string, name: string): Promise<() => Promise<void>> {
  const copy = await readFile(join(folder, COPIES, name))
  const there = (await readFile(join(folder, name)).catch(() => Buffer.alloc(0))).subarray(0, copy.length)
  // A shorter file has lost entries, and others may have been added since.
  if (there.length < copy.length || there.equals(copy)) return () => Promise.resolve()
  await writeAtStart(join(folder, name), copy)
  return () => writeAtStart(join(folder, name), there)
}

async function writeAtStart(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(bytes, 0, bytes.length, 0)
    await file.sync()
  } finally {
    await file.close()
  }
}
