import { createServer as createHttp } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import type { WebDependencies, WebLimits } from './dependencies.js'
import { createDispatcher } from './dispatch.js'
import { answerErrors } from './errors.js'
import { compressText } from './compress.js'
import type { Route } from './route.js'
import { buildRoutes } from './route-table.js'
import { securityHeaders } from './security-headers.js'
import { createStatic } from './static.js'

export type WebServer = { readonly url: string; readonly port: number; readonly routes: readonly Route[]; close(): Promise<void> }

export const DEFAULT_LIMITS: WebLimits = {
  maxUploadBytes: 1024 ** 3, maxConnections: 512, headersTimeoutMs: 15_000, requestTimeoutMs: 30 * 60_000, maxEventStreams: 64, heartbeatMs: 15_000
}

/** The port is taken or not allowed; the words say which and what to do. */
export class PortError extends Error {
  constructor(readonly port: number, readonly code: string) {
    super(code === 'EADDRINUSE'
      ? `HTTP port ${port} is in use by another program. Stop that one, or choose another port (SCREENPOST_HTTP_PORT; 0 takes a free one).`
      : `HTTP port ${port} can not be opened (${code}). Choose another port (SCREENPOST_HTTP_PORT; 0 takes a free one).`)
  }
}

/**
 * Pages, JSON API, live events and static parts on one port.
 * @throws PortError when the port can not be opened
 */
export async function startWebServer(deps: WebDependencies): Promise<WebServer> {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits }
  const table = await buildRoutes(deps, limits)
  const statics = createStatic(deps.staticFolder)
  const app = new Koa()
  app.silent = true
  app.use(securityHeaders)
  app.use(compressText)
  app.use(answerErrors(deps))
  app.use((ctx, next) => (ctx.path.startsWith('/static/') && (ctx.method === 'GET' || ctx.method === 'HEAD') ? statics.serve(ctx) : next()))
  app.use(createDispatcher(deps, table.routes, table.metrics.observe))
  const { tls } = deps.listen
  const handler = app.callback() as (...args: unknown[]) => void
  const server = tls ? createHttps({ key: tls.key, cert: tls.cert }, handler) : createHttp({ connectionsCheckingInterval: 5_000 }, handler)
  guard(server, limits)
  const port = await listen(server, deps)
  const host = ['0.0.0.0', '::', ''].includes(deps.listen.host) ? '127.0.0.1' : deps.listen.host
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`, port, routes: table.routes,
    close: async () => {
      table.close()
      await closeServer(server)
    }
  }
}

/** Nobody holds the few connections of a small computer by sending slowly. */
function guard(server: Server, limits: WebLimits): void {
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

function listen(server: Server, { listen: { host, port } }: WebDependencies): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new PortError(port, error.code ?? 'unknown')))
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port))
  })
}

/** Requests in hand have ten seconds to finish. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 10_000)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
