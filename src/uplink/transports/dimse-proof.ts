import { createHash, randomUUID } from 'node:crypto'
import { requestCommitment } from '../../dicom/commitment.js'
import type { Keys } from '../../dicom/find-scu.js'
import { find, STUDY_ROOT_FIND } from '../../dicom/find-scu.js'
import type { Peer } from '../../dicom/store-scu.js'
import { uidFrom } from '../../dicom/uids.js'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'
import type { Transactions } from './transactions.js'
import type { Confirmation, Held, TransportHost } from './transport.js'

/** Questions asked, and until when a PACS that refused storage commitment is not asked for it again. */
export type ProofMemory = { noCommitmentUntilMs: number; readonly transactions: Transactions }
export type ProofParts = { readonly peer: Peer; readonly host: Pick<TransportHost, 'clock' | 'confirmed'>; readonly signal: AbortSignal; readonly memory: ProofMemory }

const COMMITMENT_TIMES = { timeoutMs: 30_000, lingerMs: 500 }
const FIND_TIMES = { connectMs: 15_000, answerMs: 60_000, leastBytesPerSecond: 1_000 }
const ASK_AGAIN_MS = 60 * 60_000

const newTransactionUid = (): string => uidFrom(createHash('sha256').update(randomUUID()).digest())

/** Storage commitment, whose report comes later; of a PACS without it a query whether it lists each object. */
export async function proofOf(held: readonly Held[], parts: ProofParts): Promise<Result<Confirmation, Problem>> {
  const { peer, host, signal, memory } = parts
  if (host.clock.monotonicMs() < memory.noCommitmentUntilMs) return listed(held, parts)
  const transactionUid = newTransactionUid()
  await memory.transactions.add(transactionUid)
  const asked = await requestCommitment({
    peer, references: held, signal, transactionUid, ...COMMITMENT_TIMES,
    onReport: ({ committed, failed }) => host.confirmed({ committed, missing: failed, proof: 'commitment' })
  })
  if (asked.ok) return ok({ committed: [], missing: [], proof: 'commitment' })
  if (asked.error.code !== 'commitment-unsupported' && asked.error.code !== 'commitment-refused') return asked
  memory.noCommitmentUntilMs = host.clock.monotonicMs() + ASK_AGAIN_MS
  return listed(held, parts)
}

const LEVEL = 0x00080052
const SOP_INSTANCE = 0x00080018
const STUDY = 0x0020000d
const SERIES = 0x0020000e

async function listed(held: readonly Held[], { peer, signal }: ProofParts): Promise<Result<Confirmation, Problem>> {
  const known = held.filter(({ studyInstanceUid, seriesInstanceUid }) => studyInstanceUid !== undefined && seriesInstanceUid !== undefined)
  const series = [...new Set(known.map(({ seriesInstanceUid }) => seriesInstanceUid))]
  const keys = series.map((uid) => known.filter(({ seriesInstanceUid }) => seriesInstanceUid === uid)).map((objects): Keys => ({
    [LEVEL]: 'IMAGE', [STUDY]: objects[0]!.studyInstanceUid!, [SERIES]: objects[0]!.seriesInstanceUid!, [SOP_INSTANCE]: objects.map(({ sopInstanceUid }) => sopInstanceUid).join('\\')
  }))
  const found = await find(peer, { sopClassUid: STUDY_ROOT_FIND, keys, most: held.length, times: { ...FIND_TIMES, signal } })
  if (!found.ok) return found.error.code === 'find-unsupported' ? err(problem('confirmation-unsupported', found.error.message)) : found
  const there = new Set(found.value.flat().flatMap((answer) => answer.strings(SOP_INSTANCE)))
  const uids = known.map(({ sopInstanceUid }) => sopInstanceUid)
  return ok({ committed: uids.filter((uid) => there.has(uid)), missing: uids.filter((uid) => !there.has(uid)), proof: 'listed' })
}
