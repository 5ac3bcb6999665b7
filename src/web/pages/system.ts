import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { quarantinePage } from '../views/quarantine.js'
import type { SystemModel } from '../views/system.js'
import { systemFragment, systemPage } from '../views/system.js'
import { setSessionCookie } from '../sessions-cookie.js'
import { problemText } from '../views/describe.js'
import { pageContext, seeOther, sendHtml, textOf, wantsFragment } from './respond.js'

type Deps = Pick<WebDependencies, 'store' | 'devices' | 'reader' | 'system' | 'clock' | 'care' | 'access' | 'box' | 'offers'>

async function modelOf(deps: Deps): Promise<SystemModel> {
  const [system, quarantined, offer] = await Promise.all([deps.system(), deps.store.listQuarantine(), deps.offers?.view()])
  return { system, devices: deps.devices.status(), reader: deps.reader.status(), quarantined: quarantined.length, ...(deps.care ? { care: deps.care.view() } : {}), hasBox: deps.box !== undefined, ...(offer ? { offer } : {}) }
}

/** The clock may leap over half a century: whoever vouched for it stays signed in. */
async function acceptTime(deps: Deps, request: RouteRequest): Promise<void> {
  const at = new Date(Number(textOf(request, 'at')))
  const result = Number.isNaN(at.getTime()) || textOf(request, 'at') === '' ? undefined : await deps.care?.acceptTime(at)
  if (result?.ok) {
    request.ctx.state['audit'] = { detail: at.toISOString() }
    if (request.caller?.via === 'session') setSessionCookie(request.ctx, await deps.access.sessions.start(request.caller.id))
    return seeOther(request, '/system?done=clock')
  }
  const page = pageContext(deps, request)
  const text = result ? problemText(page.words, result.error) : page.words.t('error.bad-form')
  sendHtml(request, systemPage(pageContext(deps, request, { kind: 'bad', text }), await modelOf(deps)), 422)
}

async function changeScrub(deps: Deps, request: RouteRequest): Promise<void> {
  const action = (['pause', 'resume', 'start'] as const).find((one) => one === textOf(request, 'action'))
  if (action) await deps.care?.scrub(action)
  request.ctx.state['audit'] = { detail: action ?? 'nothing' }
  seeOther(request, '/system')
}

/** The administrator takes or refuses exactly what was shown. */
async function decideOffer(deps: Deps, request: RouteRequest): Promise<void> {
  const decision = (['accepted', 'refused'] as const).find((one) => one === textOf(request, 'decision'))
  const result = decision && await deps.offers?.decide(textOf(request, 'sha256'), decision)
  request.ctx.state['audit'] = { detail: result?.ok ? `${decision} ${result.value.sha256.slice(0, 12)}` : 'not decided' }
  if (result?.ok) return seeOther(request, '/system')
  const page = pageContext(deps, request)
  const text = result ? problemText(page.words, result.error) : page.words.t('error.bad-form')
  sendHtml(request, systemPage(pageContext(deps, request, { kind: 'bad', text }), await modelOf(deps)), 422)
}

/** How the appliance is, and what could not be read. */
export function systemRoutes(deps: Deps): Route[] {
  const system = async (request: RouteRequest): Promise<void> => {
    const page = pageContext(deps, request)
    const model = await modelOf(deps)
    sendHtml(request, wantsFragment(request, 'system') ? systemFragment(page, model) : systemPage(page, model))
  }
  const quarantine = async (request: RouteRequest): Promise<void> =>
    sendHtml(request, quarantinePage(pageContext(deps, request), await deps.store.listQuarantine()))
  return [
    { method: 'GET', path: '/system', access: 'read', handle: system },
    { method: 'POST', path: '/system/clock', access: 'configure', audit: 'clock.accepted', handle: (request) => acceptTime(deps, request) },
    { method: 'POST', path: '/system/scrub', access: 'configure', audit: 'scrub.changed', handle: (request) => changeScrub(deps, request) },
    { method: 'POST', path: '/system/offer', access: 'configure', audit: 'offer.decided', handle: (request) => decideOffer(deps, request) },
    { method: 'GET', path: '/quarantine', access: 'read', audit: 'quarantine.list', handle: quarantine }
  ]
}
