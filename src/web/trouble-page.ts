import { createServer as createHttp } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { Problem } from '../domain/problem.js'
import { pickLocale, wordsFor } from '../i18n/words.js'
import { closeServer, listen } from './listener.js'
import { html } from './views/html.js'

export type TroubleOptions = {
  readonly http: { readonly host: string; readonly port: number }
  /** The page that tablets have in their bookmarks; `pem` holds key and certificate. */
  readonly https?: { readonly port: number; readonly pem: string }
  /** Why there is no appliance now; may change. */
  readonly problem: () => Problem
}

export type TroublePage = { readonly url: string; close(): Promise<void> }

const AGAIN_SECONDS = 10

/**
 * Stands where the page would be while the appliance can't start: says why, in the reader's language, and what to do. Needs no disk.
 * @throws PortError when the plain port can not be opened
 */
export async function startTroublePage({ http, https, problem }: TroubleOptions): Promise<TroublePage> {
  const answer: RequestListener = (request, response) => (wantsJson(request) ? answerJson(response, problem()) : answerPage(request, response, problem()))
  const plain = createHttp(answer)
  const port = await listen(plain, http)
  const servers: Server[] = [plain]
  if (https) await openSecure(answer, { ...https, host: http.host }).then((server) => servers.push(server), () => undefined)
  const shown = http.host === '0.0.0.0' || http.host === '::' ? '127.0.0.1' : http.host
  return { url: `http://${shown}:${port}`, close: async () => { await Promise.all(servers.map(closeNow)) } }
}

async function openSecure(answer: RequestListener, { pem, ...address }: { pem: string; host: string; port: number }): Promise<Server> {
  const server = createHttps({ key: pem, cert: pem }, answer)
  await listen(server, { ...address, variable: 'SCREENPOST_HTTPS_PORT' })
  return server
}

const closeNow = (server: Server): Promise<void> => {
  const closed = closeServer(server)
  server.closeAllConnections()
  return closed
}

const wantsJson = ({ url = '' }: IncomingMessage): boolean => ['/api/', '/healthz', '/metrics', '/events', '/stow'].some((start) => url.startsWith(start))

const HEADERS = { 'Cache-Control': 'no-store', 'Retry-After': String(AGAIN_SECONDS), Connection: 'close', 'X-Content-Type-Options': 'nosniff' }

function answerJson(response: ServerResponse, { code, message }: Problem): void {
  response.writeHead(503, { ...HEADERS, 'Content-Type': 'application/json' }).end(JSON.stringify({ error: { code, message } }))
}

/** Its style is in the page: no file is read. */
function answerPage(request: IncomingMessage, response: ServerResponse, { code, message }: Problem): void {
  const words = wordsFor(pickLocale(request.headers['accept-language']))
  const title = words.t('trouble.title')
  const page = html`<!doctype html>
<html lang="${words.locale}" dir="${words.direction}"><head><meta charset="utf-8"><title>${title} · Screenpost</title><meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:1.2rem/1.5 system-ui,sans-serif;margin:0;background:#fff;color:#1b2a2e}main{max-width:40rem;margin:4rem auto;padding:1.5rem}.card{background:#fde4d3;color:#74230a;border-radius:.5rem;border-inline-start:.5rem solid;padding:1rem 1.25rem;font-weight:600}</style></head>
<body><main><h1>${title}</h1><p class="card" role="alert" data-problem="${code}">${words.translated(`problem.${code}`, message)}</p><p>${words.t('trouble.again')}</p></main></body></html>`
  response.writeHead(503, { ...HEADERS, Refresh: String(AGAIN_SECONDS), 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" }).end(String(page.markup))
}
