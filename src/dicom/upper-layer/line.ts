import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'
import { bcp195Client } from '../tls-profile.js'
import { lineProblem } from './line-problem.js'
import type { Peer } from './peer.js'

const KEEP_ALIVE_MS = 30_000

/** One TCP or TLS connection that takes bytes no faster than the link does. */
export class Line {
  private ended: Problem | undefined
  private readonly waiting = new Set<() => void>()
  /** Set by the owner: bytes came. */
  received: (chunk: Buffer) => void = () => undefined
  /** Set by the owner: told once why the line ended. */
  lost: (why: Problem) => void = () => undefined

  private constructor(private readonly socket: Socket, private readonly peer: Peer) {
    socket.on('data', (chunk: Buffer) => this.received(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(lineProblem(error, peer, true)))
    socket.on('close', () => this.end(problem('link-broke', `${peer.host}:${peer.port} ended the connection before all was answered; it is tried again.`)))
    socket.on('drain', () => this.wake())
  }

  /** Problems: `unreachable`, `timeout`, `stopped`, and those of certificates (`line-problem.ts`). */
  static open(peer: Peer, { connectMs, signal }: { readonly connectMs: number; readonly signal?: AbortSignal | undefined }): Promise<Result<Line, Problem>> {
    return new Promise((resolve) => {
      const socket = connect(peer)
      const settle = (result: Result<Line, Problem>): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stopped)
        socket.off('error', failed)
        socket.off('close', closed)
        if (!result.ok) socket.on('error', () => undefined).destroy()
        resolve(result)
      }
      const failed = (error: NodeJS.ErrnoException): void => settle(err(lineProblem(error, peer, false)))
      const closed = (): void => failed(new Error('closed'))
      const stopped = (): void => settle(err(problem('stopped', 'The connection was given up because the appliance stops.')))
      const timer = setTimeout(() => settle(err(problem('timeout', `${peer.host}:${peer.port} did not answer within ${connectMs} ms. Check that it is switched on and in the same network.`))), connectMs)
      socket.once('error', failed).once('close', closed)
      socket.once(peer.tls ? 'secureConnect' : 'connect', () => settle(ok(new Line(socket, peer))))
      signal?.addEventListener('abort', stopped, { once: true })
      if (signal?.aborted) stopped()
    })
  }

  get isOpen(): boolean {
    return this.ended === undefined
  }

  /**
   * Hands the parts to the socket as one, and resolves when it wants more: true, or false when the line ended. A socket that takes nothing for
   * `stallMs` ends the line.
   */
  async write(parts: readonly Buffer[], stallMs: number): Promise<boolean> {
    if (this.ended) return false
    this.socket.cork()
    let room = true
    for (const part of parts) room = this.socket.write(part)
    this.socket.uncork()
    if (room) return true
    const timer = setTimeout(() => this.close(problem('timeout', `${this.peer.host}:${this.peer.port} took nothing for ${Math.round(stallMs / 1000)} s; it is tried again.`)), stallMs)
    await new Promise<void>((resolve) => {
      this.waiting.add(resolve)
    })
    clearTimeout(timer)
    return this.isOpen
  }

  /** Ends it at once for this reason; the first reason stays. */
  close(why: Problem): void {
    this.end(why)
    this.socket.destroy()
  }

  /** Sends last bytes and lets them out before it hangs up. */
  finish(last: Buffer): void {
    if (!this.ended) this.socket.end(last)
    setTimeout(() => this.socket.destroy(), 1_000).unref()
  }

  private end(why: Problem): void {
    if (this.ended) return
    this.ended = why
    this.wake()
    this.lost(why)
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }
}

function connect(peer: Peer): Socket {
  const address = { host: peer.host, port: peer.port }
  const socket = peer.tls ? connectTls({ ...address, ...(isIP(peer.host) ? {} : { servername: peer.host }), ...bcp195Client(peer.tls) }) : connectTcp(address)
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
}
