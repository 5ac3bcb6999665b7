import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { WebLimits } from './dependencies.js'

/** The port is taken or not allowed; the words say which and what to do. */
export class PortError extends Error {
  constructor(readonly port: number, readonly code: string, variable = 'SCREENPOST_HTTP_PORT') {
    const [name, choose] = [variable.includes('HTTPS') ? 'HTTPS' : 'HTTP', `another port (${variable}; 0 takes a free one)`]
    super(code === 'EADDRINUSE'
      ? `${name} port ${port} is in use by another program. Stop that one, or choose ${choose}.`
      : `${name} port ${port} can not be opened (${code}). Choose ${choose}.`)
  }
}

export type Address = { readonly host: string; readonly port: number; readonly variable?: 'SCREENPOST_HTTP_PORT' | 'SCREENPOST_HTTPS_PORT' }

/** The box itself: its own screen, or a server that stands before it. */
const OWN = ['127.0.0.1', '::1', '::ffff:127.0.0.1']
/** Of all connections that one machine may have. A browser opens six. */
const SHARE = 4
const UNREAD_MS = 5_000

/** Nobody holds the few connections of a small computer by sending slowly, or by opening all of them. */
export function guard(server: Server, limits: WebLimits): void {
  shareConnections(server, Math.max(1, Math.floor(limits.maxConnections / SHARE)))
  server.on('request', (request: IncomingMessage, response: ServerResponse) => { response.once('finish', () => hangUpOnUnread(request)) })
  server.headersTimeout = limits.headersTimeoutMs
  server.requestTimeout = limits.requestTimeoutMs
  server.keepAliveTimeout = 65_000
  server.maxConnections = limits.maxConnections
  server.maxHeadersCount = 100
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A browser opens lines ahead and may take one at this very moment: closed without a word, it asks again by itself; a 400 would be its answer.
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return void socket.destroy()
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else socket.destroy()
  })
}

function shareConnections(server: Server, most: number): void {
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? ''
    const count = (open.get(from) ?? 0) + 1
    open.set(from, count)
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1
      if (left > 0) open.set(from, left)
      else open.delete(from)
    })
    if (count > most && !OWN.includes(from)) socket.destroy()
  })
}

/** It was answered before its body was whole (nobody signed in, no room): the sender has a moment to read that. */
function hangUpOnUnread(request: IncomingMessage): void {
  if (request.complete) return
  const timer = setTimeout(() => { if (!request.complete) request.socket.destroy() }, UNREAD_MS)
  request.socket.once('close', () => clearTimeout(timer))
}

/**
 * The port that was opened.
 * @throws PortError when it can not be
 */
export function listen(server: Server, { host, port, variable }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new PortError(port, error.code ?? 'unknown', variable)))
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port))
  })
}

/** Requests in hand have ten seconds to finish. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 10_000)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
