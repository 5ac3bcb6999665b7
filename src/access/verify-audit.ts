import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditEntry } from './audit-entry.js'
import { FIRST_PREV, TORN_LINE, describeTorn, isTornPiece, readLine } from './audit-entry.js'
import { auditFiles, linesOf } from './audit-files.js'

/**
 * `entries` counts lines in order. `tornLines` were left by power cuts and noted by the next entry (or end the
 * newest file). `problem` is the first place where the chain does not hold.
 */
export type AuditVerification = {
  readonly entries: number
  readonly tornLines: number
  readonly lastHash: string
  readonly problem?: { readonly file: string; readonly line: number; readonly message: string }
}

type Chain = { seq: number; hash: string; torn: Buffer | undefined; tornLines: number }

/**
 * Reads the whole record and checks every hash, the order and that none is missing between the first and the last.
 * Lines cut off the end leave no trace in the record itself: compare `lastHash` and `entries` with a copy kept elsewhere.
 */
export async function verifyAudit(folder: string): Promise<AuditVerification> {
  const chain: Chain = { seq: 0, hash: FIRST_PREV, torn: undefined, tornLines: 0 }
  const answer = () => ({ entries: chain.seq, tornLines: chain.tornLines + (chain.torn ? 1 : 0), lastHash: chain.hash })
  const files = await auditFiles(folder)
  for (const file of files) {
    let line = 0
    for (const { bytes, whole } of linesOf(await readFile(join(folder, file)))) {
      line += 1
      const message = step(chain, bytes, whole)
      if (message) return { ...answer(), problem: { file, line, message } }
    }
  }
  // A torn piece may only end the record: with whole lines in it, something was changed and not torn.
  if (chain.torn && !isTornPiece(chain.torn)) {
    return { ...answer(), problem: { file: files.at(-1) as string, line: 0, message: 'the last lines are not as they were written' } }
  }
  return answer()
}

function step(chain: Chain, bytes: Buffer, whole: boolean): string | undefined {
  const entry = whole ? readLine(bytes.toString('utf8', 0, bytes.length - 1)) : undefined
  if (!entry) {
    chain.torn = Buffer.concat([chain.torn ?? Buffer.alloc(0), bytes])
    return undefined
  }
  if (chain.torn && !notes(entry, chain)) return `the lines before entry ${entry.seq} are not as they were written`
  if (entry.seq !== chain.seq + 1) return `entry ${chain.seq + 1} is missing or out of order (found ${entry.seq})`
  if (entry.prev !== chain.hash) return `entry ${entry.seq} does not follow the one before it`
  if (chain.torn) chain.tornLines += 1
  Object.assign(chain, { seq: entry.seq, hash: entry.hash, torn: undefined })
  return undefined
}

/** The piece was ended with one line feed before the note was written. */
function notes(entry: AuditEntry, chain: Chain): boolean {
  const torn = chain.torn as Buffer
  const piece = torn.subarray(0, torn.length - 1)
  return entry.event === TORN_LINE && entry.prev === chain.hash && isTornPiece(piece) && entry.detail === describeTorn(piece)
}
