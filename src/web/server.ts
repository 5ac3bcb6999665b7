import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import Koa from 'koa'
import type { WebDependencies, WebLimits } from './dependencies.js'
import { createDispatcher } from './dispatch.js'
import { answerErrors } from './errors.js'
import { compressText } from './compress.js'
import { closeServer, guard, listen } from './listener.js'
import type { Route } from './route.js'
import { buildRoutes } from './route-table.js'
import { securityHeaders } from './security-headers.js'
import { createStatic } from './static.js'
import { openHttps } from './tls.js'
import type { Doors } from './transport.js'
import { requireHttps } from './transport.js'

export { PortError } from './listener.js'

export type WebServer = {
  readonly url: string; readonly port: number; readonly routes: readonly Route[]
  /** Port of the secure page, and why there is none. */
  readonly https: Pick<Doors, 'securePort' | 'problem'>
  close(): Promise<void>
}

export const DEFAULT_LIMITS: WebLimits = {
  maxUploadBytes: 1024 ** 3, maxConnections: 512, headersTimeoutMs: 15_000, requestTimeoutMs: 30 * 60_000, maxEventStreams: 64, heartbeatMs: 15_000
}

/**
 * Pages, JSON API, live events and static parts on one port, and on a second one by HTTPS where `deps.https` says so.
 * @throws PortError when the port can not be opened
 */
export async function startWebServer(deps: WebDependencies): Promise<WebServer> {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits }
  const doors: Doors = { plainPort: deps.listen.port }
  const table = await buildRoutes(deps, limits, doors)
  const statics = createStatic(deps.staticFolder)
  const app = new Koa()
  app.silent = true
  app.use(securityHeaders)
  app.use(compressText)
  app.use(answerErrors(deps))
  app.use(requireHttps(doors, deps.https))
  app.use((ctx, next) => (ctx.path.startsWith('/static/') && (ctx.method === 'GET' || ctx.method === 'HEAD') ? statics.serve(ctx) : next()))
  app.use(createDispatcher(deps, table.routes, table.metrics.observe))
  const { tls } = deps.listen
  const handler = app.callback() as (...args: unknown[]) => void
  const server = tls ? createHttps({ key: tls.key, cert: tls.cert }, handler) : createHttp({ connectionsCheckingInterval: 5_000 }, handler)
  guard(server, limits)
  const port = doors.plainPort = await listen(server, deps.listen)
  const secure = deps.https && (await openHttps(handler, { ...deps.https, host: deps.listen.host, limits, doors, log: deps.log }))
  const host = ['0.0.0.0', '::', ''].includes(deps.listen.host) ? '127.0.0.1' : deps.listen.host
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`, port, routes: table.routes, https: doors,
    close: async () => {
      table.close()
      await Promise.all([closeServer(server), secure?.close()])
    }
  }
}

