import { z } from 'zod'
import type { Receipt } from '../uplink/transports/relay/receipt.js'

/**
 * One object on its way through the relay. held: on our disk. accepted: the PACS answered success or a warning. committed: the PACS promised to
 * keep it, or gave it back equal; our copy is gone. refused: the PACS will not have it.
 */
export const relayedObjectShape = z.object({
  clinic: z.string(), sopClassUid: z.string(), sopInstanceUid: z.string(), transferSyntaxUid: z.string(), studyInstanceUid: z.string().optional(), seriesInstanceUid: z.string().optional(),
  sha256: z.string(), bytes: z.int(), receivedAt: z.string(), state: z.enum(['held', 'accepted', 'committed', 'refused']), at: z.string(), attempts: z.int(),
  status: z.int().optional(), problem: z.object({ code: z.string(), message: z.string() }).optional(), proof: z.enum(['commitment', 'retrieved']).optional(),
  /** Of its pixel data, once it went to the PACS. */
  pixels: z.string().optional()
})
export type RelayedObject = Readonly<z.infer<typeof relayedObjectShape>>

/** What the clinic is told of it. */
export const receiptOf = ({ sopInstanceUid, sha256, state, status, problem, proof }: RelayedObject): Receipt => ({
  sopInstanceUid, sha256, state: state === 'held' ? 'held-by-relay' : state,
  ...(status === undefined ? {} : { status }), ...(problem ? { problem } : {}), ...(proof ? { proof } : {})
})

/** Answers in a row that say "this object is wrong" after which the clinic is told so. */
export const MOST_REFUSALS = 5

/** A clinic sends again what the PACS refused: it is asked once more. */
export const askedAgain = (now: RelayedObject): RelayedObject => (now.state === 'refused' ? { ...now, state: 'held', attempts: MOST_REFUSALS - 1 } : now)
