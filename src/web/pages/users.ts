import { isRole } from '../../access/roles.js'
import type { User } from '../../access/users.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import { saidTo } from '../said.js'
import { usersPage } from '../views/users.js'
import { pageContext, seeOther, sendHtml, textOf } from './respond.js'

type Deps = Pick<WebDependencies, 'access' | 'clock'>
/** What the page says besides the lists: why a form was refused, or the only sight of a new token. */
type Said = { readonly error?: string; readonly values?: Readonly<Record<string, string>>; readonly token?: string }

async function show(deps: Deps, request: RouteRequest, said: Said = {}): Promise<void> {
  const { users, tokens } = deps.access
  const model = { users: users.list(), tokens: await tokens.list(), values: {}, ...said }
  sendHtml(request, usersPage(pageContext(deps, request), model), said.error === undefined ? 200 : 422)
}

async function create(deps: Deps, request: RouteRequest): Promise<void> {
  const role = textOf(request, 'role')
  const values = { id: textOf(request, 'id'), name: textOf(request, 'name'), role }
  const { t } = pageContext(deps, request).words
  if (!isRole(role)) return show(deps, request, { error: t('error.bad-form'), values })
  const result = await deps.access.users.add({ id: values.id, name: values.name, role, pin: textOf(request, 'pin') }, request.caller?.id ?? 'unknown')
  return result.ok ? seeOther(request, '/users?done=user') : show(deps, request, { error: saidTo(request.ctx, result.error).message, values })
}

/** Runs a change of one user; a change that takes rights away also ends their sessions. */
async function change(deps: Deps, request: RouteRequest, act: { run(id: string): Promise<Result<User, Problem>>; endsSessions: boolean }): Promise<void> {
  const id = request.params['id'] ?? ''
  const result = await act.run(id)
  if (!result.ok) return show(deps, request, { error: saidTo(request.ctx, result.error).message })
  if (act.endsSessions && id !== request.caller?.id) await deps.access.sessions.endAllOf(id)
  return seeOther(request, '/users?done=user')
}

/** Shown in this answer and never again; only its digest is kept. */
async function makeToken(deps: Deps, request: RouteRequest): Promise<void> {
  const role = textOf(request, 'token-role')
  const label = textOf(request, 'label')
  const { t } = pageContext(deps, request).words
  if (!isRole(role) || label === '' || label.length > 80) return show(deps, request, { error: t('error.bad-form'), values: { label, 'token-role': role } })
  const { token, id } = await deps.access.createToken({ role, label, by: request.caller?.id ?? 'unknown' })
  request.ctx.state['audit'] = { detail: `${id} ${role}` }
  return show(deps, request, { token })
}

async function revoke(deps: Deps, request: RouteRequest): Promise<void> {
  await deps.access.tokens.revoke(request.params['id'] ?? '')
  seeOther(request, '/users?done=user')
}

/** The technician's page: who may sign in. */
export function userRoutes(deps: Deps): Route[] {
  const { users } = deps.access
  const configure = (path: string, audit: string, handle: Route['handle']): Route => ({ method: 'POST', path, access: 'configure', audit, handle })
  return [
    { method: 'GET', path: '/users', access: 'configure', audit: 'users.list', handle: (request) => show(deps, request) },
    configure('/users', 'user.created', (request) => create(deps, request)),
    configure('/users/tokens', 'token.created', (request) => makeToken(deps, request)),
    configure('/users/tokens/:id/revoke', 'token.revoked', (request) => revoke(deps, request)),
    configure('/users/:id/pin', 'user.pin', (request) => change(deps, request, { run: (id) => users.setPin(id, textOf(request, 'pin')), endsSessions: true })),
    configure('/users/:id/unlock', 'user.unlocked', (request) => change(deps, request, { run: (id) => users.unlock(id), endsSessions: false })),
    configure('/users/:id/disable', 'user.disabled', (request) => change(deps, request, { run: (id) => users.setDisabled(id, true), endsSessions: true })),
    configure('/users/:id/enable', 'user.enabled', (request) => change(deps, request, { run: (id) => users.setDisabled(id, false), endsSessions: false }))
  ]
}
