import type { VideoSession, VideoView } from '../../domain/video-session.js'
import { WHOLE_PICTURE } from '../../domain/video-session.js'
import type { WebDependencies } from '../dependencies.js'
import { HttpError, notFound } from '../http-error.js'
import { problem } from '../../domain/problem.js'
import type { Route, RouteRequest } from '../route.js'
import { viewPage } from '../views/visits/view.js'
import { pageContext, seeOther, sendHtml, textOf } from './respond.js'

type Deps = Pick<WebDependencies, 'devices' | 'visits' | 'clock' | 'notices'>
type Box = readonly [left: number, top: number, width: number, height: number]

const idOf = (request: RouteRequest): string => request.params['id'] ?? ''

/** What a video device shows; undefined for every other kind and while it is not open. */
export function videoSessionOf({ devices }: Pick<WebDependencies, 'devices'>, deviceId: string): VideoSession | undefined {
  const session = devices.session?.(deviceId) as { type?: unknown } | undefined
  return session?.type === 'video' ? (session as VideoSession) : undefined
}

function requireSession(deps: Deps, request: RouteRequest): VideoSession {
  const session = videoSessionOf(deps, idOf(request))
  if (!session) throw notFound('This device gives no live picture now. Check that it is connected.')
  return session
}

function show(deps: Deps, request: RouteRequest, wrong?: string): Promise<void> {
  const visitId = deps.visits.holding(idOf(request))?.visitId
  sendHtml(request, viewPage(pageContext(deps, request), {
    deviceId: idOf(request), session: requireSession(deps, request), ...(visitId === undefined ? {} : { visitId }), ...(wrong === undefined ? {} : { problem: wrong })
  }), wrong === undefined ? 200 : 422)
  return Promise.resolve()
}

/** The box of the form, in shares of the picture; undefined when it is none or smaller than a hundredth. */
function boxOf(request: RouteRequest): Box | undefined {
  const [left, top, width, height] = ['left', 'top', 'width', 'height'].map((name) => (textOf(request, name) === '' ? NaN : Number(textOf(request, name)) / 100)) as [number, number, number, number]
  const fits = left >= 0 && top >= 0 && width >= 0.01 && height >= 0.01 && left + width <= 1.001 && top + height <= 1.001
  return fits ? [left, top, Math.min(width, 1 - left), Math.min(height, 1 - top)] : undefined
}

const cornersOf = ([left, top, width, height]: Box): VideoView['keep'] => [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]

/** The view after the form; undefined when its box is none. */
function changed(view: VideoView, request: RouteRequest): VideoView | undefined {
  if (textOf(request, 'what') === 'unmask') return { ...view, mask: view.mask.filter((_mask, at) => String(at) !== textOf(request, 'at')) }
  const box = boxOf(request)
  if (!box) return undefined
  return textOf(request, 'what') === 'keep' ? { ...view, keep: cornersOf(box) } : { ...view, mask: [...view.mask, box] }
}

async function change(deps: Deps, request: RouteRequest): Promise<void> {
  const session = requireSession(deps, request)
  const what = textOf(request, 'what')
  const byName: Readonly<Record<string, string>> = { all: 'keep-all', moving: 'keep-moving-part' }
  const next = byName[what] === undefined ? changed(session.view ?? WHOLE_PICTURE, request) : undefined
  const page = pageContext(deps, request)
  if (byName[what] === undefined && !next) return show(deps, request, page.words.t('view.no-box'))
  const answer = await deps.devices.command?.(idOf(request), { name: byName[what] ?? 'set-view', values: { ...next }, by: request.caller?.id ?? 'unknown' })
  if (!answer) throw notFound('There is no such device. Look on the page System which there are.')
  if (!answer.ok) return show(deps, request, page.words.coded(`problem.${answer.error.code}`, answer.error.message))
  return seeOther(request, `/devices/${idOf(request)}/view`)
}

/** The picture of this moment, small. */
async function still(deps: Deps, request: RouteRequest): Promise<void> {
  const over = new AbortController()
  try {
    for await (const frame of deps.devices.preview?.(idOf(request), over.signal) ?? []) {
      request.ctx.set('Cache-Control', 'no-store')
      request.ctx.type = 'image/jpeg'
      request.ctx.body = Buffer.from(frame)
      return
    }
  } finally {
    over.abort()
  }
  throw new HttpError(404, problem('no-live-picture', 'This device gives no live picture now. Check that it is connected.'))
}

/** What is kept of a video device's picture: chosen here, before names on the screen are stored. */
export function viewRoutes(deps: Deps): Route[] {
  return [
    { method: 'GET', path: '/devices/:id/view', access: 'capture', audit: 'device.view', handle: (request) => show(deps, request) },
    { method: 'POST', path: '/devices/:id/view', access: 'capture', audit: 'device.view-changed', handle: (request) => change(deps, request) },
    { method: 'GET', path: '/devices/:id/still', access: 'capture', handle: (request) => still(deps, request) }
  ]
}
