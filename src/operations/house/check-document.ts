import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readChecked } from '../../platform/checked-json.js'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'
import { isDiskFault } from '../../store/disk-fault.js'
import type { Checked, HouseParts } from './house.js'

/** Never removed and never moved, so that a second copy of it can not outlive it. */
const KEPT_TWICE = [/^patients\//, /^access\/users\.json$/, /^access\/tokens\//, /^thresholds\//, /^uplink\/.*\/exports\//, /^visits\/\d{4}\//, /^quarantine\/[\w-]+\/entry\.json$/]
/** Fetched, drawn, asked for or copied again. */
const FETCHED_ANEW = [/^priors\//, /^worklist\//, /^access\/sessions\//, /^access\/kept\//]
/** Notes of the house: without them it begins anew, and nobody loses anything. */
const NOTES = [/^operations\//, /^uplink\/[^/]+\.json$/, /^visits\/stations\.json$/, /^backup\//]

/** undefined: not there, or not readable. */
type Held = { readonly text: string; readonly whole: boolean } | undefined

/**
 * One document and the version before it. A damaged one is written again by who holds it in memory, else from the version before it; one of which
 * there is only one version is given a second copy.
 */
export async function checkDocument(parts: Pick<HouseParts, 'root' | 'rewrite'>, where: string): Promise<Checked> {
  const path = join(parts.root, where)
  const held = await readHeld(path)
  if (held === undefined) return { bytes: 0 }
  const bytes = Buffer.byteLength(held.text)
  if (held.whole) return { bytes, ...(await careForCopy(parts.root, where, held.text)) }
  return { bytes, fault: { where, ...(await mend(parts, where)) } }
}

async function mend({ root, rewrite }: Pick<HouseParts, 'root' | 'rewrite'>, where: string): Promise<{ repaired: boolean; detail: string }> {
  const path = join(root, where)
  if (isOf(FETCHED_ANEW, where)) return removed(path)
  if (await rewrite(where)) return { repaired: true, detail: 'written again from memory' }
  const previous = await readHeld(`${path}.previous`)
  if (!previous?.whole && isOf(NOTES, where)) return removed(path)
  if (!previous?.whole) return { repaired: false, detail: 'no good copy is there: restore it from the backup' }
  await overwrite(path, previous.text)
  return { repaired: true, detail: 'the version before it is in force' }
}

async function removed(path: string): Promise<{ repaired: boolean; detail: string }> {
  await rm(path, { force: true })
  return { repaired: true, detail: 'removed; it is made or fetched anew' }
}

const isOf = (patterns: readonly RegExp[], where: string): boolean => patterns.some((pattern) => pattern.test(where))

/** The copy beside a whole document is whole too, or is made. */
async function careForCopy(root: string, where: string, text: string): Promise<Pick<Checked, 'fault'>> {
  const path = `${join(root, where)}.previous`
  const previous = await readHeld(path)
  const isMissing = previous === undefined && isOf(KEPT_TWICE, where)
  if (!isMissing && (previous === undefined || previous.whole)) return {}
  await writeFileDurable(path, text)
  return isMissing ? {} : { fault: { where: `${where}.previous`, repaired: true, detail: 'replaced by a copy of the version in force' } }
}

/** Looked at twice: a service replaces it between two looks. */
async function readHeld(path: string): Promise<Held> {
  const first = await readOnce(path)
  return first === undefined || first.whole ? first : readOnce(path)
}

async function readOnce(path: string): Promise<Held> {
  try {
    const text = await readFile(path, 'utf8')
    return { text, whole: readChecked(text) !== undefined }
  } catch (error) {
    if (isDiskFault(error)) return { text: '', whole: false }
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** In place: a file that was replaced or removed meanwhile stays as it is now. */
async function overwrite(path: string, text: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const bytes = Buffer.from(text)
    await file.write(bytes, 0, bytes.length, 0)
    await file.truncate(bytes.length)
    await file.sync()
  } finally {
    await file.close()
  }
}
