import { z } from 'zod'
import { problem as problemOf, type Problem } from '../../../domain/problem.js'
import { isUid } from '../../../dicom/uids.js'
import type { Answer } from '../transport.js'

const problem = z.object({ code: z.string().max(64), message: z.string().max(1000) })
const uid = z.string().refine(isUid, 'expected a UID')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal')

/**
 * What a relay says of one object. held-by-relay: it is on its disk. accepted: the PACS answered success, or a warning with its `status`.
 * committed: the PACS promised to keep it, or gave it back and it was equal. refused: the PACS will not have it, as it says.
 */
export const receiptShape = z.object({
  sopInstanceUid: uid, sha256, state: z.enum(['held-by-relay', 'accepted', 'committed', 'refused']),
  status: z.int().min(0).max(0xffff).optional(), problem: problem.optional(), proof: z.enum(['commitment', 'retrieved']).optional()
})
export type Receipt = z.infer<typeof receiptShape>

/** What a sender says of an object before its bytes: the metadata of the upload. */
export const headShape = z.object({ sopClassUid: uid, sopInstanceUid: uid, transferSyntaxUid: uid, sha256 })
export type ObjectHead = z.infer<typeof headShape>

/** A question about many objects, and its answer: those that the relay does not know are not in it. */
export const MOST_IN_QUESTION = 500
export const questionShape = z.object({ sopInstanceUids: z.array(uid).max(MOST_IN_QUESTION) })
export const receiptsShape = z.object({ receipts: z.array(receiptShape).max(MOST_IN_QUESTION) })

export function parseJson<T>(shape: z.ZodType<T>, text: string): T | undefined {
  try {
    const parsed = shape.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** Of a PACS that gave no words. */
export const REFUSED: Problem = problemOf('refused', 'The PACS behind the relay refused the object. Look into its log for the reason, then send again.')

/** The PACS's own answer as the relay passes it on. */
export function answerOfReceipt({ state, status, problem: why }: Receipt): Answer {
  if (state === 'refused') return { kind: 'refused', ...(status === undefined ? {} : { status }), problem: why ?? REFUSED }
  if (state === 'accepted' && why) return { kind: 'stored-with-warning', ...(status === undefined ? {} : { status }), problem: why }
  return { kind: 'stored', receipt: state === 'committed' ? 'committed' : 'held-by-relay' }
}
