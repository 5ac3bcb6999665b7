import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import dimse from 'dcmjs-dimse'
import { silenceDicomLibraries } from '../../src/dicom/quiet.js'

/**
 * What it does with a complete object: answers with a status; `drop` hangs up unanswered; `never` says nothing; `late` answers after a while; `lose`
 * answers success and keeps nothing; `wrong-number` and `wrong-object` answer something else than was asked; `abort` breaks off; `garbage` sends what
 * is not DICOM.
 */
export type Behaviour = number | 'drop' | 'never' | 'lose' | 'wrong-number' | 'wrong-object' | 'abort' | 'garbage' | { readonly late: number; readonly status: number }

/** How it treats an association: as asked, without storage contexts, with a rejection, or with silence. */
export type Manners = 'accept' | 'no-contexts' | 'reject' | 'mute'

export type FaultyScp = {
  readonly port: number
  /** SOP Instance UIDs in the order they came complete, lost ones too. */
  readonly received: string[]
  /** What it has now. */
  readonly kept: Set<string>
  /** May be changed while it runs. */
  behaviour: (sopInstanceUid: string) => Behaviour
  manners: Manners
  /** Where it reports storage commitment: on the association of the request, to a port of ours, or not at all; undefined: it does not offer the service. */
  commitment: 'same-association' | { readonly reportTo: number; readonly calledAe: string } | 'never-reports' | undefined
  /** The line breaks after so many bytes of an association, once. */
  dropAfterBytes: number | undefined
  /** Associations that were opened. */
  associations: number
  close(): Promise<void>
}

type Association = InstanceType<typeof dimse.association.Association>
type StoreRequest = InstanceType<typeof dimse.requests.CStoreRequest>
type StoreResponse = InstanceType<typeof dimse.responses.CStoreResponse>
type ActionRequest = InstanceType<typeof dimse.requests.NActionRequest>
type ActionResponse = InstanceType<typeof dimse.responses.NActionResponse>
type EchoRequest = InstanceType<typeof dimse.requests.CEchoRequest>
type EchoResponse = InstanceType<typeof dimse.responses.CEchoResponse>
type Reference = { readonly ReferencedSOPClassUID: string; readonly ReferencedSOPInstanceUID: string }

const COMMITMENT = '1.2.840.10008.1.20.1'
const COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1'
const isStorage = (uid: string): boolean => uid.startsWith('1.2.840.10008.5.1.4.1.1.')

class Line extends dimse.Scp {
  constructor(private readonly line: Socket, private readonly scp: FaultyScp) {
    super(line, {})
  }

  override associationRequested(association: Association): void {
    this.scp.associations += 1
    if (this.scp.manners === 'mute') return
    if (this.scp.manners === 'reject') return this.sendAssociationReject(1, 1, 7)
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id)
      const uid = context.getAbstractSyntaxUid()
      const offered = isStorage(uid) ? this.scp.manners === 'accept' : uid !== COMMITMENT || this.scp.commitment !== undefined
      if (offered) context.setResult(0, context.getTransferSyntaxUids()[0])
      else context.setResult(3)
    }
    this.sendAssociationAccept()
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse()
  }

  override cEchoRequest(request: EchoRequest, callback: (response: EchoResponse) => void): void {
    const response = dimse.responses.CEchoResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
  }

  override cStoreRequest(request: StoreRequest, callback: (response: StoreResponse) => void): void {
    const uid = request.getAffectedSopInstanceUid()
    this.scp.received.push(uid)
    const how = this.scp.behaviour(uid)
    const answer = (status: number, change: (response: StoreResponse) => void = () => undefined): void => {
      if (status === 0 || (status & 0xf000) === 0xb000) this.scp.kept.add(uid)
      const response = dimse.responses.CStoreResponse.fromRequest(request)
      response.setStatus(status)
      change(response)
      if (!this.line.destroyed) callback(response)
    }
    if (typeof how === 'number') return answer(how)
    if (typeof how === 'object') { setTimeout(() => answer(how.status), how.late); return }
    switch (how) {
      case 'drop': this.line.destroy(); return
      case 'never': return
      case 'lose': answer(0); this.scp.kept.delete(uid); return
      case 'wrong-number': return answer(0, (response) => response.setMessageIdBeingRespondedTo(4711))
      case 'wrong-object': return answer(0, (response) => response.setAffectedSopInstanceUid('1.2.3.4'))
      case 'abort': this.sendAbort(2, 0); return
      case 'garbage': this.line.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    }
  }

  override nActionRequest(request: ActionRequest, callback: (response: ActionResponse) => void): void {
    const response = dimse.responses.NActionResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
    const { commitment } = this.scp
    if (commitment === 'never-reports' || commitment === undefined) return
    const report = this.reportOn(request)
    if (commitment === 'same-association') return this.sendRequests(report)
    const client = new dimse.Client()
    client.on('networkError', () => undefined)
    client.addRequest(report)
    client.send('127.0.0.1', commitment.reportTo, 'FAULTY', commitment.calledAe, {})
  }

  private reportOn(request: ActionRequest): InstanceType<typeof dimse.requests.NEventReportRequest> {
    const asked = request.getDataset()!.getElements() as { TransactionUID: string; ReferencedSOPSequence: Reference | Reference[] }
    const references = [asked.ReferencedSOPSequence].flat()
    const kept = references.filter((one) => this.scp.kept.has(one.ReferencedSOPInstanceUID))
    const lost = references.filter((one) => !this.scp.kept.has(one.ReferencedSOPInstanceUID))
    const report = new dimse.requests.NEventReportRequest(COMMITMENT, COMMITMENT_INSTANCE, lost.length > 0 ? 2 : 1)
    report.setDataset(new dimse.Dataset({
      TransactionUID: asked.TransactionUID,
      ...(kept.length > 0 ? { ReferencedSOPSequence: kept } : {}),
      ...(lost.length > 0 ? { FailedSOPSequence: lost.map((one) => ({ ...one, FailureReason: 0x0112 })) } : {})
    }, '1.2.840.10008.1.2'))
    return report
  }
}

/** A PACS that misbehaves as told, plain or encrypted. */
export async function startFaultyScp(first: Partial<Pick<FaultyScp, 'behaviour' | 'manners' | 'commitment' | 'dropAfterBytes'>> & { readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string } } = {}): Promise<FaultyScp> {
  silenceDicomLibraries()
  const lines = new Set<Socket>()
  const serve = (line: Socket): void => {
    lines.add(line)
    line.on('error', () => undefined)
    let bytes = 0
    line.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (scp.dropAfterBytes === undefined || bytes < scp.dropAfterBytes) return
      scp.dropAfterBytes = undefined
      line.destroy()
    })
    const part = new Line(line, scp)
    Object.assign(part, { connected: true, connectedTime: Date.now() })
    part.on('networkError', () => undefined)
  }
  const { tls } = first
  const server = tls ? createTlsServer({ ...tls, ...(tls.ca ? { requestCert: true, rejectUnauthorized: true } : {}) }, serve) : createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const scp: FaultyScp = {
    port: (server.address() as AddressInfo).port, received: [], kept: new Set(), associations: 0,
    behaviour: first.behaviour ?? (() => 0), manners: first.manners ?? 'accept', commitment: first.commitment, dropAfterBytes: first.dropAfterBytes,
    async close() {
      for (const line of lines) line.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
  return scp
}
