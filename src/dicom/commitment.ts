import dimse from 'dcmjs-dimse'
import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import { silenceDicomLibraries } from './quiet.js'
import type { Peer } from './store-scu.js'
import { isSuccess, STATUS } from './status.js'
import { STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE } from './uids.js'

export type CommitmentReference = { readonly sopClassUid: string; readonly sopInstanceUid: string }
/** N-EVENT-REPORT of storage commitment (PS3.4 J.3.3): what will be kept, and what will not. */
export type CommitmentReport = { readonly transactionUid: string; readonly committed: readonly string[]; readonly failed: readonly string[] }

type EventRequest = InstanceType<typeof dimse.requests.NEventReportRequest>
type EventResponse = InstanceType<typeof dimse.responses.NEventReportResponse>
type Reference = { readonly ReferencedSOPInstanceUID?: string }

export type CommitmentRequest = { readonly peer: Peer; readonly transactionUid: string; readonly references: readonly CommitmentReference[]; readonly timeoutMs: number; /** How long the association stays open for a report on it. */ readonly lingerMs: number; onReport(report: CommitmentReport): void }

/**
 * N-ACTION: asks a peer to commit to what it was sent. Its answer comes later as an N-EVENT-REPORT, on this association or on one that it opens
 * to us. Problem `commitment-unsupported`: it does not offer the service; others: try again.
 */
export function requestCommitment({ peer, transactionUid, references, timeoutMs, lingerMs, onReport }: CommitmentRequest): Promise<Result<void, Problem>> {
  silenceDicomLibraries()
  const client = new dimse.Client()
  const request = new dimse.requests.NActionRequest(STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, 1)
  request.setDataset(new dimse.Dataset({
    TransactionUID: transactionUid,
    ReferencedSOPSequence: references.map(({ sopClassUid, sopInstanceUid }) => ({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }))
  }, '1.2.840.10008.1.2.1'))
  const where = `${peer.host}:${peer.port}`
  return new Promise((resolve) => {
    let answer: Result<void, Problem> = err(problem('commitment-unsupported', `${where} does not offer storage commitment; what it accepted stays "accepted".`))
    const broken = (code: string, words: string) => (): void => {
      clearTimeout(timer)
      answer = answer.ok ? answer : err(problem(code, `${where} ${words}.`))
      resolve(answer)
    }
    const timer = setTimeout(broken('timeout', 'did not answer the request for commitment'), timeoutMs + lingerMs)
    request.on('response', (response: { getStatus(): number }) => {
      const status = response.getStatus()
      answer = isSuccess(status) ? ok(undefined) : err(problem('commitment-refused', `${where} refused storage commitment with status ${status}. Allow it there for ${peer.callingAe}.`))
    })
    client.on('nEventReportRequest', (event: EventRequest, callback: (response: EventResponse) => void) => {
      onReport(reportOf(event))
      callback(answerEvent(event))
    })
    client.on('associationRejected', broken('association-rejected', 'refused the connection'))
    client.on('networkError', broken('unreachable', 'can not be reached'))
    client.on('closed', () => {
      clearTimeout(timer)
      resolve(answer)
    })
    client.addRequest(request)
    client.send(peer.host, peer.port, peer.callingAe, peer.calledAe, { connectTimeout: timeoutMs, associationTimeout: timeoutMs, pduTimeout: timeoutMs + lingerMs, associationLingerTimeout: lingerMs })
  })
}

const uidsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).flatMap((item: Reference) => (item.ReferencedSOPInstanceUID ? [item.ReferencedSOPInstanceUID] : []))

/** What a report says; what it does not list is neither kept nor refused. */
export function reportOf(event: EventRequest): CommitmentReport {
  const elements = (event.getDataset()?.getElements() ?? {}) as Record<string, unknown>
  return { transactionUid: String(elements['TransactionUID'] ?? ''), committed: uidsOf(elements['ReferencedSOPSequence']), failed: uidsOf(elements['FailedSOPSequence']) }
}

export function answerEvent(event: EventRequest): EventResponse {
  const response = dimse.responses.NEventReportResponse.fromRequest(event)
  response.setStatus(STATUS.success)
  return response
}
