import dimse from 'dcmjs-dimse'
import { dataSetOffset } from './part10.js'
import { silenceDicomLibraries } from './quiet.js'
import { problem, type Problem } from '../domain/problem.js'

export type Peer = { readonly host: string; readonly port: number; readonly calledAe: string; readonly callingAe: string }
/** A Part 10 file with what its command says of it. */
export type ObjectToStore = { readonly sopClassUid: string; readonly sopInstanceUid: string; readonly transferSyntaxUid: string; readonly file: Uint8Array }

/**
 * answered: with a DIMSE status. not-accepted: the peer takes no such class in no such transfer syntax. unanswered: it was on its way when
 * the association ended, so the peer may or may not have it. untouched: its turn never came.
 */
export type StoreOutcome = { readonly kind: 'answered'; readonly status: number } | { readonly kind: 'not-accepted' | 'unanswered' | 'untouched' }
export type StoreResult = { readonly outcomes: readonly StoreOutcome[]; /** Why the association did not end as it should. */ readonly problem?: Problem }

export type StoreTimes = { readonly connectMs: number; /** Slowest link that is waited for, bytes/s. */ readonly leastBytesPerSecond: number; readonly answerMs: number; /** Breaks the association off. */ readonly signal?: AbortSignal }

/** The data set's bytes as they are; the library would read and write them anew. */
class RawDataSet extends dimse.Dataset {
  constructor(private readonly object: ObjectToStore) {
    super({ SOPClassUID: object.sopClassUid, SOPInstanceUID: object.sopInstanceUid }, object.transferSyntaxUid)
  }

  override getDenaturalizedDataset(): Buffer {
    const { file } = this.object
    const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
    return bytes.subarray(dataSetOffset(bytes))
  }

  /** Asked for when a peer accepted another syntax than the object's: nothing is transcoded, the request ends unanswered. */
  override getElements(): Record<string, unknown> {
    throw new Error('An object is sent in its own transfer syntax or not at all.')
  }
}

/**
 * C-STORE of several objects over one association, each in its own transfer syntax. Never rejects. dcmjs-dimse's deadline counts from the last PDU
 * received, so it is made of the bytes to send; objects without an accepted context it skips in silence, so answers are counted here.
 */
export function storeObjects(peer: Peer, objects: readonly ObjectToStore[], times: StoreTimes): Promise<StoreResult> {
  silenceDicomLibraries()
  return new StoreAssociation(peer, objects, times).run()
}

class StoreAssociation {
  private readonly client = new dimse.Client()
  private readonly outcomes: StoreOutcome[]
  private accepted: readonly { readonly sopClassUid: string; readonly transferSyntaxUid: string }[] | undefined
  private finished = false
  private finish: (result: StoreResult) => void = () => undefined

  constructor(private readonly peer: Peer, private readonly objects: readonly ObjectToStore[], private readonly times: StoreTimes) {
    this.outcomes = objects.map(() => ({ kind: 'untouched' }))
  }

  run(): Promise<StoreResult> {
    return new Promise((resolve) => {
      const largest = Math.max(...this.objects.map(({ file }) => file.byteLength))
      const pduTimeout = this.times.answerMs + (largest / this.times.leastBytesPerSecond) * 1000
      const deadline = setTimeout(() => this.fail('timeout', 'did not answer in time; it is tried again'), this.times.connectMs + pduTimeout * this.objects.length)
      this.finish = (result) => {
        if (this.finished) return
        this.finished = true
        clearTimeout(deadline)
        resolve(result)
      }
      this.prepare()
      this.times.signal?.addEventListener('abort', () => this.fail('stopped', 'was left because the appliance stops'), { once: true })
      this.client.send(this.peer.host, this.peer.port, this.peer.callingAe, this.peer.calledAe, {
        connectTimeout: this.times.connectMs + pduTimeout, associationTimeout: this.times.answerMs, pduTimeout
      })
    })
  }

  private prepare(): void {
    for (const [index, object] of this.objects.entries()) this.client.addRequest(this.requestOf(object, index))
    for (const { sopClassUid, transferSyntaxUid } of distinctContexts(this.objects)) {
      this.client.addAdditionalPresentationContext(new dimse.association.PresentationContext(0, sopClassUid, transferSyntaxUid), true)
    }
    this.client.on('associationAccepted', (association: InstanceType<typeof dimse.association.Association>) => { this.accepted = acceptedContexts(association) })
    this.client.on('associationReleased', () => this.finish({ outcomes: this.settled() }))
    this.client.on('associationRejected', () => this.fail('association-rejected', `refused the connection as ${this.peer.callingAe} to ${this.peer.calledAe}. Check both AE titles there`))
    this.client.on('networkError', () => (this.accepted ? this.fail('link-broke', 'lost the connection; it is tried again') : this.fail('unreachable', 'can not be reached. Check address, port and link')))
    this.client.on('closed', () => this.fail('link-broke', 'ended the connection before all was answered; it is tried again'))
  }

  private requestOf(object: ObjectToStore, index: number): InstanceType<typeof dimse.requests.CStoreRequest> {
    const data = new RawDataSet(object)
    const request = new dimse.requests.CStoreRequest(data)
    // Asked for just before the object is written to the socket.
    data.getDenaturalizedDataset = () => {
      this.outcomes[index] = { kind: 'unanswered' }
      return RawDataSet.prototype.getDenaturalizedDataset.call(data)
    }
    request.on('response', (response: { getStatus(): number }) => { this.outcomes[index] = { kind: 'answered', status: response.getStatus() } })
    return request
  }

  private fail(code: string, words: string): void {
    if (this.finished) return
    this.finish({ outcomes: this.settled(), problem: problem(code, `${this.peer.host}:${this.peer.port} ${words}.`) })
    try {
      this.client.abort()
    } catch {
      return
    }
  }

  /** What the library skipped, it skipped for want of a context. */
  private settled(): StoreOutcome[] {
    const { accepted } = this
    return this.outcomes.map((outcome, index) => {
      const { sopClassUid, transferSyntaxUid } = this.objects[index]!
      const possible = !accepted || accepted.some((context) => context.sopClassUid === sopClassUid && context.transferSyntaxUid === transferSyntaxUid)
      return outcome.kind === 'untouched' && !possible ? { kind: 'not-accepted' } : outcome
    })
  }
}

function distinctContexts(objects: readonly ObjectToStore[]): ObjectToStore[] {
  const seen = new Map(objects.map((object) => [`${object.sopClassUid} ${object.transferSyntaxUid}`, object]))
  return [...seen.values()]
}

function acceptedContexts(association: InstanceType<typeof dimse.association.Association>) {
  return association.getPresentationContexts().map(({ id }) => association.getPresentationContext(id))
    .filter((context) => context.getResult() === dimse.constants.PresentationContextResult.Accept)
    .map((context) => ({ sopClassUid: context.getAbstractSyntaxUid(), transferSyntaxUid: context.getAcceptedTransferSyntaxUid() ?? '' }))
}
