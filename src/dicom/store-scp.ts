import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import dimse from 'dcmjs-dimse'
import type { Arrival } from '../domain/arrival.js'
import type { WorklistItem, WorklistQuery } from '../domain/worklist.js'
import type { Log } from '../platform/log.js'
import { answerEvent, reportOf, type CommitmentReport } from './commitment.js'
import { events, tidyAeTitle } from './log-events.js'
import { metaHeader } from './meta-header.js'
import { answerContext } from './negotiate.js'
import { PERFORMED_PROCEDURE_STEP, type ReportedStep } from './performed-step.js'
import { SpoolFile, type SpoolOutcome } from './spool-file.js'
import { STATUS } from './status.js'
import { MODALITY_WORKLIST } from './worklist.js'
import { answerCreate, answerFind, answerSet } from './worklist-scp.js'

/** A received object: a complete Part 10 file whose data set is exactly what came over the wire. */
export type ReceivedObject = { readonly path: string; readonly sopClassUid: string; readonly sopInstanceUid: string; readonly transferSyntaxUid: string; readonly callingAeTitle: string; /** IP address of the sender. */ readonly address: string; /** As of `Arrival`. */ readonly hashed?: Arrival['hashed']; /** What `ScpHost.began` gave when its first byte was awaited. */ readonly began?: unknown }

/** Why a sender was turned away; `calling` is its AE title, empty where it never said one. */
export type Refusal = { readonly calling: string; readonly reason: 'unknown-ae-title' | 'too-many-associations' | 'nothing-acceptable' | 'said-nothing' | 'tls-failed' }

export type ScpHost = {
  readonly spoolFolder: string
  readonly maxObjectBytes: number
  readonly log: Log
  readonly timeouts: { readonly idleMs: number; readonly associationMs: number }
  /** Why no association may open for this calling AE title, or undefined when it may. */
  admits(calling: string): 'unknown-ae-title' | 'too-many-associations' | undefined
  refused(refusal: Refusal): void
  /** A sender was let in, under this calling AE title. */
  admitted?(calling: string): void
  /** An object begins to come, perhaps for minutes; what this gives comes back with it. */
  began?(calling: string): unknown
  store(object: ReceivedObject): Promise<number>
  /** Whether so many bytes may be written; absent: found out by writing. */
  hasRoomFor?(bytes: number): Promise<boolean>
  /** Absent: neither worklist nor performed procedure steps are offered. */
  findWorklist?(query: WorklistQuery): Promise<readonly WorklistItem[]>
  reportStep?(step: ReportedStep): Promise<void>
  /** A peer reports what it commits to (PS3.4 J.3.3), on an association of its own. */
  committed?(report: CommitmentReport): void
}

type FindRequest = InstanceType<typeof dimse.requests.CFindRequest>
type FindResponse = InstanceType<typeof dimse.responses.CFindResponse>
type CreateRequest = InstanceType<typeof dimse.requests.NCreateRequest>
type CreateResponse = InstanceType<typeof dimse.responses.NCreateResponse>
type SetRequest = InstanceType<typeof dimse.requests.NSetRequest>
type SetResponse = InstanceType<typeof dimse.responses.NSetResponse>
type StoreRequest = InstanceType<typeof dimse.requests.CStoreRequest>
type StoreResponse = InstanceType<typeof dimse.responses.CStoreResponse>
type EchoRequest = InstanceType<typeof dimse.requests.CEchoRequest>
type EventRequest = InstanceType<typeof dimse.requests.NEventReportRequest>
type EventResponse = InstanceType<typeof dimse.responses.NEventReportResponse>
type EchoResponse = InstanceType<typeof dimse.responses.CEchoResponse>
type Association = InstanceType<typeof dimse.association.Association>
type PresentationContext = InstanceType<typeof dimse.association.PresentationContext>
type Incoming = { readonly spool: SpoolFile; readonly transferSyntaxUid: string; readonly startedMs: number; readonly began: unknown }

/** A handheld probe sleeps between images and sends at the edge of the Wi-Fi: silence counted from the last byte ends an association, a slow PDU never. */
const PDU_TIMEOUT_MS = 24 * 3_600_000
/** What we announce that we receive; left alone, dcmjs-dimse echoes the sender's own smaller wish. Our answers are far below either. */
const MAX_PDU_BYTES = 131_072
const HANG_UP_MS = 5_000
/** PS3.8 9.3.4: result, source and reason of a rejection. */
const REJECTION = {
  'too-many-associations': { result: 2, source: 3, reason: 2, words: 'too many associations' },
  'unknown-ae-title': { result: 1, source: 1, reason: 3, words: 'calling AE title not allowed' }
} as const
const OUTCOME_STATUS: Readonly<Record<SpoolOutcome, number>> = { complete: STATUS.success, 'too-large': STATUS.outOfResources, 'disk-full': STATUS.outOfResources, failed: STATUS.processingFailure }

/** One association: answers echoes, spools objects to disk and answers each with what `host.store` said. */
export class StoreScp extends dimse.Scp {
  private readonly incoming = new Map<StoreRequest, Incoming>()
  private calling = ''
  /** It has said who it is. */
  private asked = false
  /** Objects received whole and not yet answered. */
  private answering = new Set<Promise<void>>()

  constructor(private readonly peer: Socket, private readonly host: ScpHost) {
    // dcmjs-dimse gives `connectTimeout` to socket.setTimeout, which counts from the last byte of either side.
    super(peer, { connectTimeout: host.timeouts.idleMs, associationTimeout: host.timeouts.associationMs, pduTimeout: PDU_TIMEOUT_MS })
    this.connected = true
    this.connectedTime = Date.now()
    this.on('networkError', (error: Error) => {
      if (!this.asked && /time(d )?out/i.test(error.message)) this.host.refused({ calling: '', reason: 'said-nothing' })
      this.breakOff(error.message)
    })
    peer.on('close', () => this.discardIncoming())
  }

  declare connected: boolean
  declare connectedTime: number

  override associationRequested(association: Association): void {
    this.calling = tidyAeTitle(association.getCallingAeTitle())
    this.asked = true
    const refusal = this.host.admits(this.calling)
    if (refusal) return this.reject(refusal)
    const contexts = association.getPresentationContexts().map(({ id }) => association.getPresentationContext(id))
    const accepted = contexts.filter((context) => answer(context, this.host.findWorklist ? [MODALITY_WORKLIST, PERFORMED_PROCEDURE_STEP] : [])).length
    association.setNegotiateAsyncOps(false)
    association.setMaxPduLength(MAX_PDU_BYTES)
    events.associationAccepted(this.host.log, { calling: this.calling, called: tidyAeTitle(association.getCalledAeTitle()), accepted, proposed: contexts.length })
    this.host.admitted?.(this.calling)
    if (accepted === 0) this.host.refused({ calling: this.calling, reason: 'nothing-acceptable' })
    this.sendAssociationAccept()
  }

  private reject(reason: keyof typeof REJECTION): void {
    const { result, source, reason: code, words } = REJECTION[reason]
    events.associationRefused(this.host.log, { calling: this.calling, reason: words })
    this.host.refused({ calling: this.calling, reason })
    this.sendAssociationReject(result, source, code)
    this.hangUp()
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse()
    this.hangUp()
  }

  override abort(): void {
    this.breakOff('aborted by the sender')
  }

  override cEchoRequest(request: EchoRequest, callback: (response: EchoResponse) => void): void {
    const response = dimse.responses.CEchoResponse.fromRequest(request)
    response.setStatus(STATUS.success)
    callback(response)
  }

  override nEventReportRequest(request: EventRequest, callback: (response: EventResponse) => void): void {
    this.host.committed?.(reportOf(request))
    callback(answerEvent(request))
  }

  override cFindRequest(request: FindRequest, callback: (responses: FindResponse[]) => void): void {
    void answerFind(request, async (query) => (await this.host.findWorklist?.(query)) ?? []).then((responses) => { if (!this.peer.destroyed) callback(responses) })
  }

  override nCreateRequest(request: CreateRequest, callback: (response: CreateResponse) => void): void {
    void answerCreate(request, this.calling, this.report).then((response) => { if (!this.peer.destroyed) callback(response) })
  }

  override nSetRequest(request: SetRequest, callback: (response: SetResponse) => void): void {
    void answerSet(request, this.calling, this.report).then((response) => { if (!this.peer.destroyed) callback(response) })
  }

  private readonly report = async (step: ReportedStep): Promise<void> => this.host.reportStep?.(step)

  override createStoreWritableStream(context: PresentationContext, request: StoreRequest): SpoolFile {
    const transferSyntaxUid = context.getAcceptedTransferSyntaxUid() ?? ''
    const head = metaHeader({ sopClassUid: sopClassOf(request), sopInstanceUid: sopInstanceOf(request), transferSyntaxUid, sourceAeTitle: this.calling })
    const path = join(this.host.spoolFolder, `dimse-${randomUUID()}.dcm`)
    const spool = new SpoolFile(path, { head, maxBytes: this.host.maxObjectBytes, source: this.peer, hasRoomFor: this.host.hasRoomFor })
    this.incoming.set(request, { spool, transferSyntaxUid, startedMs: performance.now(), began: this.host.began?.(this.calling) })
    return spool
  }

  /** The object stays on disk: the library is told of an empty data set at once, so that nothing waits half done. */
  override createDatasetFromStoreWritableStream(_stream: unknown, context: PresentationContext, callback: (dataset: InstanceType<typeof dimse.Dataset>) => void): void {
    callback(new dimse.Dataset({}, context.getAcceptedTransferSyntaxUid() ?? ''))
  }

  override cStoreRequest(request: StoreRequest, callback: (response: StoreResponse) => void): void {
    const answering = this.answerStore(request).then((status) => {
      const response = dimse.responses.CStoreResponse.fromRequest(request)
      response.setStatus(status)
      if (!this.peer.destroyed) callback(response)
    })
    this.answering.add(answering)
    void answering.finally(() => this.answering.delete(answering))
  }

  /** Resolves when every object that was received whole has its answer. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.answering)
  }

  private async answerStore(request: StoreRequest): Promise<number> {
    const received = this.incoming.get(request)
    this.incoming.delete(request)
    if (!received) return STATUS.cannotUnderstand
    const { spool, transferSyntaxUid, startedMs, began } = received
    try {
      const outcome = await spool.finished
      const object = { path: spool.path, sopClassUid: sopClassOf(request), sopInstanceUid: sopInstanceOf(request), transferSyntaxUid, callingAeTitle: this.calling, address: this.peer.remoteAddress ?? '', began, ...(outcome === 'complete' ? { hashed: { offset: spool.headBytes, hashes: spool.hashes() } } : {}) }
      const status = outcome === 'complete' ? await this.host.store(object) : OUTCOME_STATUS[outcome]
      events.objectAnswered(this.host.log, { calling: this.calling, status, bytes: spool.bytes, transferSyntaxUid, ms: Math.round(performance.now() - startedMs) })
      return status
    } catch (error) {
      events.objectFailed(this.host.log, { calling: this.calling, reason: error instanceof Error ? error.name : 'unknown' })
      return STATUS.processingFailure
    } finally {
      await rm(spool.path, { force: true }).catch(() => undefined)
    }
  }

  /** Lets the last answer out; a peer that keeps its end open does not keep our place taken. */
  private hangUp(): void {
    this.peer.end()
    setTimeout(() => this.peer.destroy(), HANG_UP_MS).unref()
  }

  private breakOff(reason: string): void {
    if (this.peer.destroyed) return
    events.associationBroken(this.host.log, { calling: this.calling, reason: reason.slice(0, 120) })
    this.peer.destroy()
  }

  private discardIncoming(): void {
    for (const { spool } of this.incoming.values()) void spool.discard().catch(() => undefined)
    this.incoming.clear()
  }
}

/** As the command names them; a malformed UID is no reason to lose an image. */
const tidyUid = (uid: string | undefined): string => String(uid ?? '').replaceAll(/[^\x21-\x7e]/g, '').slice(0, 64)
const sopClassOf = (request: StoreRequest): string => tidyUid(request.getAffectedSopClassUid())
const sopInstanceOf = (request: StoreRequest): string => tidyUid(request.getAffectedSopInstanceUid())

/** Writes the answer into the library's context; true when accepted. */
function answer(context: PresentationContext, more: readonly string[]): boolean {
  const { PresentationContextResult } = dimse.constants
  const decision = answerContext({ abstractSyntaxUid: context.getAbstractSyntaxUid(), transferSyntaxUids: context.getTransferSyntaxUids() }, more)
  if (decision.result === 'accept') {
    context.setResult(PresentationContextResult.Accept, decision.transferSyntaxUid)
    return true
  }
  context.setResult(decision.result === 'no-abstract-syntax' ? PresentationContextResult.RejectAbstractSyntaxNotSupported : PresentationContextResult.RejectTransferSyntaxesNotSupported)
  return false
}
