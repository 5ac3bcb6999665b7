import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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

/** Nobody holds the few connections of a small computer by sending slowly. */
export function guard(server: Server, limits: WebLimits): void {
  server.headersTimeout = limits.headersTimeoutMs
  server.requestTimeout = limits.requestTimeoutMs
  server.keepAliveTimeout = 65_000
  server.maxConnections = limits.maxConnections
  server.maxHeadersCount = 100
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else socket.destroy()
  })
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
