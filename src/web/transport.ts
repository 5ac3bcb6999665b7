import type { Context, Next } from 'koa'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { WebDependencies } from './dependencies.js'
import { HttpError } from './http-error.js'
import { PROBES } from './probes.js'

/** The ports that are open; filled while the server starts. `problem` says why there is no secure one. */
export type Doors = { plainPort: number; securePort?: number; problem?: Problem }

type Https = WebDependencies['https']

/** What anybody may have unencrypted: how to trust the appliance, whether it lives, and where the captive probes lead. */
const OPEN = ['/trust', '/trust/ca.crt', '/trust/qr.svg', '/healthz', ...PROBES]
const OPEN_PART = /^\/static\/[\w-]+\.(css|svg)$/

export const isLoopback = (address: string | undefined): boolean => address !== undefined && (/^(::ffff:)?127\./.test(address) || address === '::1')

export type Line = { readonly secure: boolean; readonly remoteAddress: string | undefined; readonly method: string; readonly path: string }

/** Whether a request may be answered on the line that it came by. `trust`: only what helps to come by the secure one. */
export function admission(line: Line, https: Https): 'all' | 'trust' | 'none' {
  if (!https || https.allowPlain || line.secure || isLoopback(line.remoteAddress)) return 'all'
  const isRead = line.method === 'GET' || line.method === 'HEAD'
  return isRead && (OPEN.includes(line.path) || OPEN_PART.test(line.path)) ? 'trust' : 'none'
}

/** The host as the certificate names it: what was asked for when it is ours, else the address that was reached. */
export function ownHost(ctx: Context, https: NonNullable<Https>): string {
  const asked = ctx.hostname
  if (https.ca.names().includes(asked)) return asked
  const reached = (ctx.req.socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '')
  return reached.includes(':') ? `[${reached}]` : reached
}

/** Pictures and PINs cross the Wi-Fi encrypted: everybody but this machine itself is sent to the secure port, and told why. */
export function requireHttps(doors: Doors, https: Https) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const admitted = admission({ secure: ctx.secure, remoteAddress: ctx.req.socket.remoteAddress, method: ctx.method, path: ctx.path }, https)
    if (admitted === 'none' && https) throw elsewhere(ctx, doors, https)
    ctx.state['trustOnly'] = admitted === 'trust'
    await next()
  }
}

function elsewhere(ctx: Context, doors: Doors, https: NonNullable<Https>): HttpError {
  if (doors.securePort === undefined) {
    return new HttpError(503, problem('https-unavailable', 'The secure page is not available, and the plain one is for the appliance itself only. Ask the technician to look at the log and SCREENPOST_HTTPS_PORT.'))
  }
  const secure = `https://${ownHost(ctx, https)}:${doors.securePort}`
  const why = `Use ${secure}: from other machines the appliance answers encrypted only. Trust its certificate once (/trust), and never send a token over http; replace one that was. A site accepts the risk with "http": {"allowPlain": true} in its site file.`
  return new HttpError(307, problem('use-https', why), { Location: secure + ctx.url })
}
