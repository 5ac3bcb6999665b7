import { waitMs } from '../../platform/backoff.js'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'
import { Line } from './line.js'
import { dataHead, ELEMENT, encodeCommand, fragmentBytes, MessageReader, type Command, type Message } from './message.js'
import { abortRequest, associateRequest, PDU, readAcceptance, rejectionWords, releaseRequest, releaseResponse, type Acceptance, type AcceptedContext, type Pdu, type ProposedContext } from './pdu.js'
import { PduReader } from './pdu-reader.js'
import type { Peer } from './peer.js'

export type AssociationTimes = {
  readonly connectMs: number
  /** How long a peer may think, once it has everything. */
  readonly answerMs: number
  /** Slowest link that is waited for, bytes/s: deadlines are made of it and of what is to cross. */
  readonly leastBytesPerSecond: number
  /** Breaks the association off. */
  readonly signal?: AbortSignal | undefined
  /** Of a message of the peer, command or data set; 16 MiB by default. */
  readonly maxMessageBytes?: number | undefined
  /** Asked before each piece of a data set with its size in bytes; resolves when it may go. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined
}

/** `wholeSent`: all of the request was given to the line, so the peer may have acted on it. */
export type Unanswered = { readonly problem: Problem; readonly wholeSent: boolean }

const MAX_PDU_BYTES = 1024 * 1024
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** Small enough to share a slow line with another association, large enough not to count on a fast one. */
const PIECE_BYTES = 65_536
/** What the kernels between us and the peer may hold of what we wrote. */
const HELD_BYTES = 8 * 1024 * 1024
const RELEASE_MS = 5_000

/** An association that we opened (PS3.8); one request at a time. */
export class Association {
  private readonly pdus = new PduReader(MAX_PDU_BYTES)
  private readonly messages: MessageReader
  private acceptance: Acceptance = { contexts: [], maxPduBytes: 0 }
  private messageId = 0
  private ended: Problem | undefined
  private released = false
  private answer: (message: Message | undefined) => void = () => undefined
  /** Set by the owner: the peer asks us something; what is given back is the answer, without message ids. */
  asked: (message: Message) => Command | undefined = () => undefined
  /** Set by the owner: one of several answers came and more follow (PS3.7 C.1.4). */
  pending: (message: Message) => void = () => undefined

  private constructor(private readonly line: Line, private readonly peer: Peer, private readonly times: AssociationTimes) {
    this.messages = new MessageReader(times.maxMessageBytes ?? MAX_MESSAGE_BYTES)
    line.lost = (why) => this.end(why)
    times.signal?.addEventListener('abort', this.stop, { once: true })
  }

  /** Problems: those of `Line.open`, `association-rejected`, `timeout`, `protocol`. */
  static async open(peer: Peer, proposals: readonly ProposedContext[], times: AssociationTimes): Promise<Result<Association, Problem>> {
    const line = await Line.open(peer, times)
    if (!line.ok) return line
    const association = new Association(line.value, peer, times)
    const refused = await association.negotiate(proposals)
    return refused ? err(refused) : ok(association)
  }

  get contexts(): readonly AcceptedContext[] {
    return this.acceptance.contexts
  }

  /** Why it is over, when it is. */
  get problem(): Problem | undefined {
    return this.ended
  }

  /** Sends a request and resolves with the answer to it. The command's message id is set here. */
  async request(contextId: number, command: Command, dataSet?: Buffer): Promise<Result<Message, Unanswered>> {
    const id = (this.messageId = (this.messageId % 0xffff) + 1)
    const answered = new Promise<Message | undefined>((resolve) => { this.answer = resolve })
    const startedMs = performance.now()
    const wholeSent = await this.send(contextId, { ...command, [ELEMENT.messageId]: id }, dataSet)
    if (!wholeSent) return err({ problem: this.over(), wholeSent })
    const held = Math.min(dataSet?.length ?? 0, HELD_BYTES)
    const timer = setTimeout(() => this.breakOff('timeout', `did not answer within ${Math.round((performance.now() - startedMs) / 1000)} s; it is tried again`), this.times.answerMs + this.crossingMs(held))
    const message = await answered
    clearTimeout(timer)
    if (!message) return err({ problem: this.over(), wholeSent })
    if (isAnswerTo(message.command, id, command)) return ok(message)
    this.breakOff('protocol', 'answered something else than it was asked; look whether its software is up to date')
    return err({ problem: this.over(), wholeSent })
  }

  /** Waits for requests of the peer for so long, until it hangs up, or until there is no more to wait for. */
  async linger(ms: number, enough: AbortSignal): Promise<void> {
    const over = new AbortController()
    this.answer = () => over.abort()
    if (!this.ended) await waitMs(ms, AbortSignal.any([over.signal, enough]))
  }

  /** Ends it in order; a peer that does not answer to that is hung up on. */
  async release(): Promise<void> {
    if (this.ended) return
    this.released = true
    const answered = this.nextEvent()
    if (await this.line.write([releaseRequest()], RELEASE_MS)) await within(answered, RELEASE_MS)
    this.over()
    this.line.close(RELEASED)
  }

  abort(why: Problem): void {
    if (this.ended) return
    this.end(why)
    this.line.finish(abortRequest())
  }

  private readonly stop = (): void => this.abort(problem('stopped', `${this.where} was left because the appliance stops.`))

  private get where(): string {
    return `${this.peer.host}:${this.peer.port}`
  }

  private async negotiate(proposals: readonly ProposedContext[]): Promise<Problem | undefined> {
    const event = this.nextPdu()
    this.line.received = (chunk) => this.take(chunk)
    await this.line.write([associateRequest(this.peer, proposals)], this.times.answerMs)
    const timer = setTimeout(() => this.breakOff('timeout', 'did not answer the request for an association; it is tried again'), this.times.answerMs)
    const pdu = await event
    clearTimeout(timer)
    if (!pdu) return this.over()
    if (pdu.type === PDU.associateReject) this.breakOff('association-rejected', `${rejectionWords(pdu.body)} (as ${this.peer.callingAe} to ${this.peer.calledAe}). Check both AE titles there`)
    const acceptance = pdu.type === PDU.associateAccept ? readAcceptance(pdu.body, proposals) : undefined
    if (acceptance) this.acceptance = acceptance
    else this.breakOff('protocol', 'does not speak DICOM on this port. Check the port')
    return this.ended
  }

  /** The peer's first PDU goes to whoever opened the association. */
  private first: ((pdu: Pdu | undefined) => void) | undefined

  private nextPdu(): Promise<Pdu | undefined> {
    return new Promise((resolve) => { this.first = resolve })
  }

  private nextEvent(): Promise<Message | undefined> {
    return new Promise((resolve) => { this.answer = resolve })
  }

  private take(chunk: Buffer): void {
    try {
      for (const pdu of this.pdus.push(chunk)) this.handle(pdu)
    } catch {
      this.breakOff('protocol', 'sent what is not DICOM. Check the port')
    }
  }

  private handle(pdu: Pdu): void {
    if (pdu.type === PDU.abort) return this.line.close(problem('link-broke', `${this.where} broke the association off; it is tried again.`))
    if (this.first) {
      this.first(pdu)
      this.first = undefined
    } else if (pdu.type === PDU.data) for (const message of this.messages.push(pdu.body)) this.handleMessage(message)
    else if (pdu.type === PDU.releaseResponse && this.released) this.answer(undefined)
    else if (pdu.type === PDU.releaseRequest) {
      this.end(problem('link-broke', `${this.where} ended the association before all was answered; it is tried again.`))
      this.line.finish(releaseResponse())
    }
  }

  private handleMessage(message: Message): void {
    const field = Number(message.command[ELEMENT.commandField] ?? 0)
    if ((field & 0x8000) !== 0) return isPending(message.command) ? this.pending(message) : this.answer(message)
    const answer = this.asked(message)
    const id = message.command[ELEMENT.messageId] ?? 0
    if (answer) void this.send(message.contextId, { ...answer, [ELEMENT.commandField]: field | 0x8000, [ELEMENT.respondedMessageId]: id })
  }

  /** Resolves with whether all of it was given to the line. */
  private async send(contextId: number, command: Command, dataSet?: Buffer): Promise<boolean> {
    const piece = fragmentBytes(this.acceptance.maxPduBytes, PIECE_BYTES)
    const head = encodeCommand(command, dataSet !== undefined)
    if (!(await this.line.write([dataHead(contextId, head.length, { isCommand: true, isLast: true }), head], this.stallMs(head.length)))) return false
    for (let at = 0; dataSet && at < dataSet.length; at += piece) {
      const fragment = dataSet.subarray(at, at + piece)
      await this.times.pace?.(fragment.length)
      const isLast = at + piece >= dataSet.length
      if (!(await this.line.write([dataHead(contextId, fragment.length, { isCommand: false, isLast }), fragment], this.stallMs(fragment.length)))) return false
    }
    return this.ended === undefined
  }

  private crossingMs(bytes: number): number {
    return (bytes / this.times.leastBytesPerSecond) * 1000
  }

  private stallMs(bytes: number): number {
    return this.times.answerMs + this.crossingMs(bytes)
  }

  private breakOff(code: string, words: string): void {
    this.abort(problem(code, `${this.where} ${words}.`))
  }

  private over(): Problem {
    this.times.signal?.removeEventListener('abort', this.stop)
    return this.ended ?? RELEASED
  }

  private end(why: Problem): void {
    if (this.ended) return
    this.ended = why
    this.over()
    this.first?.(undefined)
    this.answer(undefined)
  }
}

const isPending = (command: Command): boolean => (Number(command[ELEMENT.status] ?? 0) & 0xfffe) === 0xff00

const RELEASED = problem('released', 'The association was ended in order.')

/** A peer that answers under another number, or for another object, must not decide over this one. */
function isAnswerTo(answer: Command, id: number, request: Command): boolean {
  const uid = answer[ELEMENT.affectedSopInstance]
  const wanted = request[ELEMENT.affectedSopInstance]
  return answer[ELEMENT.respondedMessageId] === id && answer[ELEMENT.commandField] === (Number(request[ELEMENT.commandField]) | 0x8000)
    && (typeof uid !== 'string' || uid === '' || wanted === undefined || uid === wanted)
}

async function within(event: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([event, new Promise((resolve) => { timer = setTimeout(resolve, ms) })])
  clearTimeout(timer)
}
