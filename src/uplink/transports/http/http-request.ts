import { Agent as HttpAgent, request as plainRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as secureRequest } from 'node:https'
import { lineProblem } from '../../../dicom/upper-layer/line-problem.js'
import type { PeerTls } from '../../../dicom/upper-layer/peer.js'
import { bcp195Client } from '../../../dicom/tls-profile.js'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'

export type HttpTimes = {
  readonly connectMs: number
  /** How long a server may think, once it has everything, and may pause within its answer. */
  readonly answerMs: number
  /** Slowest link that is waited for, bytes/s. */
  readonly leastBytesPerSecond: number
  readonly signal?: AbortSignal | undefined
  /** Awaited before each piece of at most 64 KiB. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined
}
export type HttpCall = { readonly method: string; readonly url: URL; readonly headers?: Readonly<Record<string, string>>; readonly body?: readonly Buffer[]; readonly mostAnswerBytes?: number }
export type HttpAnswer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
/** What had left when it failed. */
export type HttpFailure = { readonly problem: Problem; readonly sent: 'none' | 'part' | 'all' }

const PIECE_BYTES = 65_536
/** What the kernels between us and the server may hold of what we wrote. */
const HELD_BYTES = 8 * 1024 * 1024
const MOST_ANSWER_BYTES = 16 * 1024 * 1024

/** Keeps connections open between calls: a handshake over a satellite costs seconds. */
export class HttpLine {
  private readonly agent: HttpAgent

  constructor(secure: boolean, tls: PeerTls | undefined) {
    const keep = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets: 4, timeout: 0 }
    this.agent = secure ? new HttpsAgent({ ...keep, ...bcp195Client(tls ?? {}) }) : new HttpAgent(keep)
  }

  /** One call; a connection that the server had closed meanwhile is replaced by a fresh one. Never rejects, follows no redirection. */
  async call(call: HttpCall, times: HttpTimes): Promise<Result<HttpAnswer, HttpFailure>> {
    const first = await new Exchange(call, times, this.agent).run()
    return first.stale ? (await new Exchange(call, times, this.agent).run()).result : first.result
  }

  close(): void {
    this.agent.destroy()
  }
}

type Outcome = { readonly result: Result<HttpAnswer, HttpFailure>; readonly stale: boolean }

class Exchange {
  private readonly request: ClientRequest
  private sent: HttpFailure['sent'] = 'none'
  private opened = false
  private timer: NodeJS.Timeout | undefined
  private settled = false
  private settle: (outcome: Outcome) => void = () => undefined

  constructor(private readonly call: HttpCall, private readonly times: HttpTimes, agent: HttpAgent) {
    const send = call.url.protocol === 'https:' ? secureRequest : plainRequest
    const length = (call.body ?? []).reduce((sum, part) => sum + part.length, 0)
    this.request = send(call.url, { method: call.method, agent, headers: { ...call.headers, ...(call.body ? { 'content-length': String(length) } : {}) } })
  }

  run(): Promise<Outcome> {
    return new Promise((resolve) => {
      const { signal } = this.times
      const stopped = (): void => this.fail(problem('stopped', 'The request was left because the appliance stops.'))
      this.settle = (outcome) => {
        if (this.settled) return
        this.settled = true
        clearTimeout(this.timer)
        signal?.removeEventListener('abort', stopped)
        resolve(outcome)
      }
      signal?.addEventListener('abort', stopped, { once: true })
      if (signal?.aborted) return stopped()
      this.patience(this.times.connectMs, 'could not be reached')
      this.request.on('socket', (socket) => {
        const open = (): void => { this.opened = true }
        if (socket.connecting) socket.once(this.call.url.protocol === 'https:' ? 'secureConnect' : 'connect', open)
        else open()
      })
      this.request.on('error', (error: NodeJS.ErrnoException) => this.broke(error))
      this.request.on('response', (response) => this.read(response))
      void this.write()
    })
  }

  private async write(): Promise<void> {
    for (const part of this.call.body ?? []) {
      for (let at = 0; at < part.length && !this.settled; at += PIECE_BYTES) {
        const piece = part.subarray(at, at + PIECE_BYTES)
        clearTimeout(this.timer)
        await this.times.pace?.(piece.length)
        if (this.settled) return
        this.patience(this.opened ? this.stallMs(piece.length) : this.times.connectMs, 'took nothing')
        if (!this.request.write(piece)) await this.room()
        this.sent = 'part'
      }
    }
    if (this.settled) return
    this.request.end()
    this.sent = 'all'
    const bytes = (this.call.body ?? []).reduce((sum, part) => sum + part.length, 0)
    this.patience((this.opened ? 0 : this.times.connectMs) + this.stallMs(Math.min(bytes, HELD_BYTES)), 'did not answer')
  }

  private room(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.request.off('drain', go).off('close', go)
        resolve()
      }
      this.request.on('drain', go).on('close', go)
    })
  }

  private read(response: IncomingMessage): void {
    const parts: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      parts.push(chunk)
      bytes += chunk.length
      this.patience(this.stallMs(PIECE_BYTES), 'stopped in the middle of its answer')
      if (bytes > (this.call.mostAnswerBytes ?? MOST_ANSWER_BYTES)) this.fail(problem('answer-too-large', `${this.call.url.host} answers without end. Check the address.`))
    })
    response.on('error', (error: NodeJS.ErrnoException) => this.broke(error))
    response.on('end', () => {
      this.settle({ result: ok({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }), stale: false })
      if (!this.request.writableEnded) this.request.destroy()
    })
  }

  private stallMs(bytes: number): number {
    return this.times.answerMs + (bytes / this.times.leastBytesPerSecond) * 1000
  }

  private patience(ms: number, words: string): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.fail(problem('timeout', `${this.call.url.host} ${words} in time; it is tried again.`)), ms)
  }

  private broke(error: NodeJS.ErrnoException): void {
    const { hostname, port, protocol } = this.call.url
    const stale = this.request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') && !this.settled
    const peer = { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80), ...(protocol === 'https:' ? { tls: {} } : {}) }
    this.settle({ result: err({ problem: lineProblem(error, peer, this.opened), sent: this.sentNow() }), stale })
  }

  private fail(why: Problem): void {
    this.settle({ result: err({ problem: why, sent: this.sentNow() }), stale: false })
    this.request.destroy()
  }

  /** Nothing leaves before the connection is open, whatever was queued. */
  private sentNow(): HttpFailure['sent'] {
    return this.opened ? this.sent : 'none'
  }
}
