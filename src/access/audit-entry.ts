import { createHash } from 'node:crypto'
import type { IsoTime, PatientId, StudyId } from '../domain/ids.js'

/** What happened, without patient data: ids of ours only. `by` is a login id, a token id, `system` or `terminal`. */
export type AuditEvent = {
  readonly event: string
  readonly by: string
  readonly role?: string
  readonly via?: 'session' | 'token' | 'terminal' | 'system'
  readonly studyId?: StudyId
  readonly patientId?: PatientId
  readonly detail?: string
}

/** One line of the record. `hash` is sha256 over `prev` and the line's canonical text without `hash`. */
export type AuditEntry = AuditEvent & { readonly seq: number; readonly at: IsoTime; readonly prev: string; readonly hash: string }

/** The hash before the first entry. */
export const FIRST_PREV = '0'.repeat(64)

/** Written after a power cut left a torn line; `detail` names what was found: `<bytes> bytes, sha256 <hex>`. */
export const TORN_LINE = 'audit.torn-line'

/** Written after more was found at the end than a power cut can leave; `detail` as for a torn line. */
export const DAMAGED_LINES = 'audit.damaged-lines'

/** Written after lines came back from the copy. */
export const RESTORED = 'audit.restored'

/** Ends a torn piece: one that lacks nothing but its line feed would become a line that counts, beside the note of it. */
export const SPOIL = Buffer.from(' ')

const KEYS = ['seq', 'at', 'event', 'by', 'role', 'via', 'studyId', 'patientId', 'detail', 'prev'] as const

function canonical(entry: Omit<AuditEntry, 'hash'>): string {
  return JSON.stringify(Object.fromEntries(KEYS.filter((key) => entry[key] !== undefined).map((key) => [key, entry[key]])))
}

const hashOf = (entry: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256').update(entry.prev).update(canonical(entry)).digest('hex')

/** The entry with its hash; keys in canonical order. */
export function seal(entry: Omit<AuditEntry, 'hash'>): AuditEntry {
  return { ...(JSON.parse(canonical(entry)) as Omit<AuditEntry, 'hash'>), hash: hashOf(entry) }
}

/** The entry of a line whose own hash is right and that is written exactly as we write it; undefined otherwise. */
export function readLine(line: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(line) as AuditEntry
    if (typeof entry !== 'object' || entry === null || typeof entry.prev !== 'string') return undefined
    return JSON.stringify(seal(entry)) === line ? entry : undefined
  } catch {
    return undefined
  }
}

/** How a torn piece is named in the note that follows it. */
export const describeTorn = (bytes: Buffer): string => `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`

/** Whether a power cut can have left this: a piece without its end, after others that a start had ended before it was cut off itself. */
export function isTornPiece(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== SPOIL[0]) return false
  }
  return true
}
