import type { Problem } from '../../domain/problem.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import type { SetupForm } from '../sign-in.js'
import { completeSetup, signIn, signOut } from '../sign-in.js'
import { problemText } from '../views/describe.js'
import { loginPage, setupPage } from '../views/sign-in.js'
import { pageContext, seeOther, sendHtml, textOf } from './respond.js'

/** Where to go after signing in: a page of ours, never another site; what it said of something done is not said again. */
function nextOf(text: string | null): string | undefined {
  const [, path, query] = /^(\/(?![/\\])[\w/.-]*)(?:\?([\w=&%+.~-]*))?$/.exec(text ?? '') ?? []
  if (!path || path.startsWith('/log')) return undefined
  const kept = new URLSearchParams(query)
  kept.delete('done')
  return kept.size > 0 ? `${path}?${kept.toString()}` : path
}

async function showLogin(deps: WebDependencies, request: RouteRequest): Promise<void> {
  if (request.caller) return seeOther(request, '/')
  if (deps.access.needsSetup()) return seeOther(request, '/setup')
  const next = nextOf(request.query.get('next'))
  return sendHtml(request, loginPage(pageContext(deps, request), { ...(next ? { next } : {}), ended: request.query.has('ended') }))
}

const statusOf = (problem: Problem): number => (problem.code === 'too-many-attempts' || problem.code === 'locked' ? 429 : 422)

async function login(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  const user = textOf(request, 'user')
  const next = nextOf(textOf(request, 'next'))
  const result = await signIn(deps, request, { user, pin: textOf(request, 'pin') })
  if (result.ok) return seeOther(request, next ?? '/')
  const error = problemText(page.words, result.error)
  return sendHtml(request, loginPage(page, { user, error, ...(next ? { next } : {}) }), statusOf(result.error))
}

const SETUP_FIELDS = ['admin-name', 'admin-id', 'nurse-name', 'nurse-id'] as const

function setupFormOf(request: RouteRequest): SetupForm {
  const person = (prefix: string): SetupForm['admin'] => ({ id: textOf(request, `${prefix}-id`), name: textOf(request, `${prefix}-name`), pin: textOf(request, `${prefix}-pin`) })
  const nurse = person('nurse')
  return { firstLoginPin: textOf(request, 'firstLoginPin'), admin: person('admin'), ...(nurse.id || nurse.name || nurse.pin ? { nurse } : {}) }
}

async function setup(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const result = await completeSetup(deps, request, setupFormOf(request))
  if (result.ok) return seeOther(request, deps.box ? '/box' : '/')
  const values = Object.fromEntries(SETUP_FIELDS.map((name) => [name, textOf(request, name)]))
  const page = pageContext(deps, request)
  const error = { text: problemText(page.words, result.error), field: result.error.path?.replace('.', '-') }
  return sendHtml(request, setupPage(page, { values, error, done: result.error.code === 'setup-done' }), statusOf(result.error))
}

/** Coming in, going out, and what anybody may read. */
export function signInRoutes(deps: WebDependencies): Route[] {
  const showSetup = async (request: RouteRequest): Promise<void> =>
    sendHtml(request, setupPage(pageContext(deps, request), { values: {}, done: !deps.access.needsSetup() }))
  const logout = async (request: RouteRequest): Promise<void> => {
    await signOut(deps, request)
    seeOther(request, '/login')
  }
  return [
    { method: 'GET', path: '/login', access: 'public', handle: (request) => showLogin(deps, request) },
    { method: 'POST', path: '/login', access: 'public', handle: (request) => login(deps, request) },
    { method: 'POST', path: '/logout', access: 'read', handle: logout },
    { method: 'GET', path: '/setup', access: 'public', handle: showSetup },
    { method: 'POST', path: '/setup', access: 'public', handle: (request) => setup(deps, request) }
  ]
}
