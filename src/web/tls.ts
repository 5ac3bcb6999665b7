import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { problem } from '../domain/problem.js'
import type { Log } from '../platform/log.js'
import type { WebDependencies, WebLimits } from './dependencies.js'
import { PortError, closeServer, guard, listen } from './listener.js'
import type { Doors } from './transport.js'

/** How often the certificate is looked at: its end, and new addresses of the machine. */
const RENEWAL_MS = 60 * 60_000

type Options = NonNullable<WebDependencies['https']> & { readonly host: string; readonly limits: WebLimits; readonly doors: Doors; readonly log: Log }

/** Opens the secure port with the certificate in force and follows its renewals. A port that is taken is reported in `doors`, and nothing else stops. */
export async function openHttps(handler: RequestListener, { ca, host, port, limits, doors, log }: Options): Promise<{ close(): Promise<void> }> {
  const server = createServer({ ...ca.current(), minVersion: 'TLSv1.2' }, handler)
  guard(server, limits)
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  try {
    doors.securePort = await listen(server, { host, port, variable: 'SCREENPOST_HTTPS_PORT' })
  } catch (error) {
    if (!(error instanceof PortError)) throw error
    doors.problem = problem('https-port', error.message)
    log.error('https-not-open', { port, code: error.code })
    return { close: async () => undefined }
  }
  const renew = (): Promise<void> => ca.renew().then((renewed) => {
    if (renewed) server.setSecureContext({ ...ca.current(), minVersion: 'TLSv1.2' })
  }, (error: NodeJS.ErrnoException) => log.error('certificate-not-renewed', { code: error.code }))
  const timer = setInterval(() => void renew(), RENEWAL_MS)
  timer.unref()
  return {
    close: async () => {
      clearInterval(timer)
      await closeServer(server)
    }
  }
}
