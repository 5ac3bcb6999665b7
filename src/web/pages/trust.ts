import { toString as qrCode } from 'qrcode'
import { lanAddresses } from '../../platform/network-addresses.js'
import type { WebDependencies } from '../dependencies.js'
import { notFound } from '../http-error.js'
import type { Route, RouteRequest } from '../route.js'
import type { Doors } from '../transport.js'
import { isLoopback, ownHost } from '../transport.js'
import type { SecureLine } from '../views/trust.js'
import { trustPage } from '../views/trust.js'
import { pageContext, sendHtml } from './respond.js'

type Deps = Pick<WebDependencies, 'system' | 'https' | 'clock'>

/** As a tablet reaches the appliance: on the appliance's own screen that is its first address in the network. */
function hostForTablets({ ctx }: RouteRequest, https: NonNullable<Deps['https']>): string {
  return (isLoopback(ctx.req.socket.remoteAddress) ? lanAddresses()[0] : undefined) ?? ownHost(ctx, https)
}

function secureLine(request: RouteRequest, { https }: Deps, doors: Doors): SecureLine | undefined {
  if (!https) return undefined
  const host = hostForTablets(request, https)
  return {
    fingerprint: https.ca.fingerprint, trustUrl: `http://${host}:${doors.plainPort}/trust`,
    ...(doors.securePort === undefined ? {} : { url: `https://${host}:${doors.securePort}/` })
  }
}

/** What the appliance is, and how a tablet comes to trust it; public, and the only page on a plain line. */
export function trustRoutes(deps: Deps, doors: Doors): Route[] {
  const page = async (request: RouteRequest): Promise<void> => {
    const { siteName, version } = await deps.system()
    sendHtml(request, trustPage(pageContext(deps, request), { siteName, version, secure: secureLine(request, deps, doors) }))
  }
  const certificate = async ({ ctx }: RouteRequest): Promise<void> => {
    if (!deps.https) throw notFound('This appliance has no certificate of its own.')
    ctx.body = deps.https.ca.der
    ctx.set({ 'Content-Type': 'application/x-x509-ca-cert', 'Content-Disposition': 'attachment; filename="screenpost-ca.crt"' })
  }
  const code = async (request: RouteRequest): Promise<void> => {
    const secure = secureLine(request, deps, doors)
    if (!secure) throw notFound('This appliance has no certificate of its own.')
    request.ctx.body = await qrCode(secure.trustUrl, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' })
    request.ctx.set('Content-Type', 'image/svg+xml')
  }
  return [
    { method: 'GET', path: '/trust', access: 'public', handle: page },
    { method: 'GET', path: '/trust/ca.crt', access: 'public', handle: certificate },
    { method: 'GET', path: '/trust/qr.svg', access: 'public', handle: code }
  ]
}
