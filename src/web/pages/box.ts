import type { Problem } from '../../domain/problem.js'
import type { BoxChange, BoxDoor, BoxFields } from '../box-door.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { boxPage } from '../views/box.js'
import { pageContext, seeOther, sendHtml, textOf } from './respond.js'

type Deps = Pick<WebDependencies, 'box' | 'care' | 'clock'>
type Read = (request: RouteRequest) => BoxChange

const FIELDS = ['id', 'kind', 'where', 'host', 'port', 'aeTitle', 'url', 'bearer', 'more'] as const
/** Never sent back to the page. */
const SECRET = new Set(['passphrase', 'destination-bearer', '_csrf'])

const fieldsOf = (request: RouteRequest, sort: 'device' | 'destination'): BoxFields =>
  Object.fromEntries(FIELDS.map((name) => [name, textOf(request, `${sort}-${name}`)])) as BoxFields

const clinic: Read = (request) => ({
  part: 'clinic', name: textOf(request, 'clinic-name'), timezone: textOf(request, 'timezone'),
  programmes: Object.keys(request.body).filter((name) => name.startsWith('programme-')).map((name) => name.slice('programme-'.length))
})
const network: Read = (request) => ({
  part: 'network', ssid: textOf(request, 'ssid'), passphrase: textOf(request, 'passphrase'), country: textOf(request, 'country'), channel: textOf(request, 'channel'), wired: textOf(request, 'wired')
})
const power: Read = (request) => ({ part: 'power', savePower: textOf(request, 'savePower') === 'yes', powerMode: textOf(request, 'powerMode') })
const add = (sort: 'device' | 'destination'): Read => (request) => ({ part: `add-${sort}`, fields: fieldsOf(request, sort) })
const remove = (sort: 'device' | 'destination'): Read => (request) => ({ part: `remove-${sort}`, id: request.params['id'] ?? '' })

async function show(deps: Deps, box: BoxDoor, { request, refused }: { request: RouteRequest; refused?: { part: string; problems: readonly Problem[] } }): Promise<void> {
  const values = Object.fromEntries(Object.keys(request.body).filter((name) => !SECRET.has(name)).map((name) => [name, textOf(request, name)]))
  const model = { box: await box.view(), ...(deps.care ? { care: deps.care.view() } : {}), ...(refused ? { refused: { ...refused, values } } : {}) }
  sendHtml(request, boxPage(pageContext(deps, request), model), refused ? 422 : 200)
}

/** Settings of the machine, for the technician; no page where the service does not run on a box of its own. */
export function boxRoutes(deps: Deps): Route[] {
  const { box } = deps
  if (!box) return []
  const post = (path: string, read: Read): Route => ({
    method: 'POST', path, access: 'configure', audit: 'box.changed',
    handle: async (request) => {
      const change = read(request)
      const problems = await box.change(change)
      request.ctx.state['audit'] = { detail: problems.length > 0 ? `${change.part} refused` : change.part }
      return problems.length > 0 ? show(deps, box, { request, refused: { part: change.part, problems } }) : seeOther(request, '/box?done=box')
    }
  })
  return [
    { method: 'GET', path: '/box', access: 'configure', handle: (request) => show(deps, box, { request }) },
    post('/box/clinic', clinic), post('/box/network', network), post('/box/power', power),
    post('/box/devices', add('device')), post('/box/devices/:id/remove', remove('device')),
    post('/box/destinations', add('destination')), post('/box/destinations/:id/remove', remove('destination'))
  ]
}
