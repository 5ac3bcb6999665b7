import dimse from 'dcmjs-dimse'
import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import { commitmentRequest, readCommitmentReport, type CommitmentReference, type CommitmentReport } from './commitment-data.js'
import { isSuccess, STATUS } from './status.js'
import { STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, TRANSFER_SYNTAX } from './uids.js'
import { Association } from './upper-layer/association.js'
import { COMMAND, ELEMENT, type Command, type Message } from './upper-layer/message.js'
import type { Peer } from './upper-layer/peer.js'

export type { CommitmentReference, CommitmentReport } from './commitment-data.js'

type EventRequest = InstanceType<typeof dimse.requests.NEventReportRequest>
type EventResponse = InstanceType<typeof dimse.responses.NEventReportResponse>
type Reference = { readonly ReferencedSOPInstanceUID?: string }

export type CommitmentRequest = {
  readonly peer: Peer
  readonly transactionUid: string
  readonly references: readonly CommitmentReference[]
  readonly timeoutMs: number
  /** How long the association stays open for a report on it. */
  readonly lingerMs: number
  readonly signal?: AbortSignal
  onReport(report: CommitmentReport): void
}

/** A request names at most some hundred UIDs; slower than this is no link. */
const LEAST_BYTES_PER_SECOND = 1_000

/**
 * N-ACTION: asks a peer to commit to what it was sent. Its answer comes later as an N-EVENT-REPORT, on this association or on one that it opens
 * to us. Problems `commitment-unsupported`: it does not offer the service; `commitment-refused`; others: try again.
 */
export async function requestCommitment({ peer, transactionUid, references, timeoutMs, lingerMs, signal, onReport }: CommitmentRequest): Promise<Result<void, Problem>> {
  const where = `${peer.host}:${peer.port}`
  const proposal = { abstractSyntaxUid: STORAGE_COMMITMENT, transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian] }
  const opened = await Association.open(peer, [proposal], { connectMs: timeoutMs, answerMs: timeoutMs, leastBytesPerSecond: LEAST_BYTES_PER_SECOND, signal })
  if (!opened.ok) return opened
  const association = opened.value
  const reported = new AbortController()
  association.asked = (message) => {
    const answer = answerReport(message)
    if (answer && message.dataSet) {
      onReport(readCommitmentReport(message.dataSet))
      reported.abort()
    }
    return answer
  }
  const asked = await ask(association, commitmentRequest(transactionUid, references))
  if (asked.ok) await association.linger(lingerMs, reported.signal)
  await association.release()
  if (asked.ok) return asked
  return asked.error.code === 'commitment-unsupported' ? err(problem('commitment-unsupported', `${where} does not offer storage commitment; what it accepted stays "accepted".`))
    : asked.error.code === 'commitment-refused' ? err(problem('commitment-refused', `${where} refused storage commitment (${asked.error.message}). Allow it there for ${peer.callingAe}.`)) : asked
}

async function ask(association: Association, dataSet: Buffer): Promise<Result<void, Problem>> {
  const [context] = association.contexts
  if (!context) return err(problem('commitment-unsupported', 'no context'))
  const answer = await association.request(context.id, {
    [ELEMENT.commandField]: COMMAND.actionRequest, [ELEMENT.requestedSopClass]: STORAGE_COMMITMENT, [ELEMENT.requestedSopInstance]: STORAGE_COMMITMENT_INSTANCE, [ELEMENT.actionType]: 1
  }, dataSet)
  if (!answer.ok) return err(answer.error.problem)
  const status = Number(answer.value.command[ELEMENT.status])
  return isSuccess(status) ? ok(undefined) : err(problem('commitment-refused', `status ${status}`))
}

/** Success to an N-EVENT-REPORT of storage commitment; nothing else is answered. */
function answerReport({ command }: Message): Command | undefined {
  if (command[ELEMENT.commandField] !== COMMAND.eventRequest) return undefined
  return {
    [ELEMENT.affectedSopClass]: STORAGE_COMMITMENT, [ELEMENT.affectedSopInstance]: STORAGE_COMMITMENT_INSTANCE,
    [ELEMENT.eventType]: command[ELEMENT.eventType] ?? 1, [ELEMENT.status]: STATUS.success
  }
}

const uidsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).flatMap((item: Reference) => (item.ReferencedSOPInstanceUID ? [item.ReferencedSOPInstanceUID] : []))

/** What a report says that came on an association of the peer's own. */
export function reportOf(event: EventRequest): CommitmentReport {
  const elements = (event.getDataset()?.getElements() ?? {}) as Record<string, unknown>
  return { transactionUid: String(elements['TransactionUID'] ?? ''), committed: uidsOf(elements['ReferencedSOPSequence']), failed: uidsOf(elements['FailedSOPSequence']) }
}

export function answerEvent(event: EventRequest): EventResponse {
  const response = dimse.responses.NEventReportResponse.fromRequest(event)
  response.setStatus(STATUS.success)
  return response
}
