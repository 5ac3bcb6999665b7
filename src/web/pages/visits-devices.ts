import { Readable } from 'node:stream'
import { problem } from '../../domain/problem.js'
import type { WebDependencies } from '../dependencies.js'
import { HttpError, notFound } from '../http-error.js'
import type { Route, RouteRequest } from '../route.js'
import { probePage, probeResult } from '../views/visits/probe.js'
import { pageContext, seeOther, sendHtml, textOf } from './respond.js'

type Deps = Pick<WebDependencies, 'devices' | 'visits' | 'clock' | 'notices'>

const noDevice = (): HttpError => notFound('There is no such device. Look on the page System which there are.')
const idOf = (request: RouteRequest): string => request.params['id'] ?? ''

async function probe({ devices, ...deps }: Deps, request: RouteRequest): Promise<void> {
  const report = await devices.probe?.(idOf(request))
  if (!report) throw noDevice()
  const page = pageContext(deps, request)
  sendHtml(request, request.ctx.get('hx-request') === 'true' ? probeResult(page, idOf(request), report) : probePage(page, idOf(request), report))
}

/** Where a form wants to go afterwards: only pages of visits and devices. */
const backTo = (request: RouteRequest): string | undefined => /^\/(visits|devices)\/[A-Za-z0-9._-]+$/.exec(textOf(request, 'back'))?.[0]

/** False where the page that is answered named a visit which has the device no more: what is asked there would be done for another person. */
export function isStillOfVisit({ visits }: Pick<Deps, 'visits'>, request: RouteRequest): boolean {
  const asked = textOf(request, 'visit')
  return asked === '' || visits.holding(idOf(request))?.visitId === asked
}

const OTHER_VISIT = problem('other-visit', 'This device is no longer with the visit that this page showed, and nothing was done. Load the page again.')

/** JSON in and out for scripts; a form names its visit and the page it goes back to. */
async function command({ devices, visits }: Deps, request: RouteRequest): Promise<void> {
  if (!isStillOfVisit({ visits }, request)) throw new HttpError(409, OTHER_VISIT)
  const { _csrf, back: _back, visit: _visit, ...values } = request.body
  const answer = await devices.command?.(idOf(request), { name: request.params['name'] ?? '', values, by: request.caller?.id ?? 'unknown' })
  if (!answer) throw noDevice()
  if (!answer.ok) throw new HttpError(409, answer.error)
  const back = backTo(request)
  if (back) return seeOther(request, back)
  request.ctx.set('Cache-Control', 'no-store')
  request.ctx.body = { value: answer.value ?? null }
}

function session({ devices }: Deps, { ctx, params }: RouteRequest): Promise<void> {
  ctx.set('Cache-Control', 'no-store')
  ctx.body = { session: devices.session?.(params['id'] ?? '') ?? null }
  return Promise.resolve()
}

const BOUNDARY = 'frame'

async function* parts(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const frame of frames) yield Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${frame.length}\r\n\r\n`), frame, Buffer.from('\r\n')])
}

/** Motion JPEG: the newest picture as fast as this tablet takes them; ends with the tablet. */
function preview({ devices }: Deps, request: RouteRequest): Promise<void> {
  const { ctx } = request
  const over = new AbortController()
  ctx.res.once('close', () => over.abort())
  const frames = devices.preview?.(idOf(request), over.signal)
  if (!frames) throw new HttpError(404, problem('no-live-picture', 'This device gives no live picture now. Check that it is connected.'))
  ctx.req.socket.setTimeout(0)
  ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
  ctx.type = `multipart/x-mixed-replace; boundary=${BOUNDARY}`
  ctx.body = Readable.from(parts(frames), { objectMode: false, highWaterMark: 1 })
  return Promise.resolve()
}

/** A picture of a file on a stick or card, small. */
async function thumbnail({ devices }: Deps, request: RouteRequest): Promise<void> {
  const { medium, key } = request.params
  const answer = await devices.command?.(idOf(request), { name: 'thumbnail', values: { medium, key }, by: request.caller?.id ?? 'unknown' })
  const jpeg = answer?.ok ? (answer.value as { jpegBase64?: string | null } | null)?.jpegBase64 : undefined
  if (!jpeg) throw notFound('There is no preview of this file.')
  request.ctx.set('Cache-Control', 'private, max-age=600')
  request.ctx.type = 'image/jpeg'
  request.ctx.body = Buffer.from(jpeg, 'base64')
}

/** Testing, watching and telling a device. */
export function deviceRoutes(deps: Deps): Route[] {
  return [
    { method: 'POST', path: '/devices/:id/probe', access: 'configure', audit: 'device.probe', handle: (request) => probe(deps, request) },
    { method: 'POST', path: '/devices/:id/commands/:name', access: 'capture', audit: 'device.command', handle: (request) => command(deps, request) },
    { method: 'GET', path: '/devices/:id/session', access: 'capture', handle: (request) => session(deps, request) },
    { method: 'GET', path: '/devices/:id/preview', access: 'capture', handle: (request) => preview(deps, request) },
    { method: 'GET', path: '/devices/:id/media/:medium/:key', access: 'capture', audit: 'device.thumbnail', handle: (request) => thumbnail(deps, request) }
  ]
}
