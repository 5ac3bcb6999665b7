import type { Context } from 'koa'
import { problem } from '../domain/problem.js'
import { createRouteAudit } from './audit-views.js'
import type { AuditDetail } from './audit-views.js'
import { readBody } from './body.js'
import type { WebDependencies } from './dependencies.js'
import type { IsPage } from './enforce.js'
import { enforceCapability, enforceSameSite, identify } from './enforce.js'
import { HttpError, notFound } from './http-error.js'
import { createMatcher } from './match.js'
import type { Match } from './match.js'
import type { Route } from './route.js'
import { csrfOf } from './sessions-cookie.js'

type Observe = (method: string, route: string, status: number, seconds: number) => void

/** One way for every request: match, identify, enforce, read the body, handle, write the audit entry. */
export function createDispatcher(deps: WebDependencies, routes: readonly Route[], observe: Observe): (ctx: Context) => Promise<void> {
  const match = createMatcher(routes)
  const isPage: IsPage = (path) => match('GET', path).kind === 'route'
  const audit = createRouteAudit(deps)
  return async (ctx) => {
    const found = match(ctx.method, ctx.path)
    if (found.kind !== 'route') return answerNoRoute(deps, { ctx, isPage }, found)
    const { route, params } = found
    ctx.state['route'] = route.path
    const began = deps.clock.monotonicMs()
    ctx.res.once('close', () => observe(ctx.method, route.path, ctx.res.statusCode, (deps.clock.monotonicMs() - began) / 1000))
    const identity = await identify(deps, ctx, route)
    const { caller, sessionSecret } = identity
    ctx.state['language'] = caller?.language
    enforceCapability(deps, { ctx, route, isPage }, identity)
    const body = await readBody(ctx)
    enforceSameSite(ctx, body, identity)
    await route.handle({ ctx, params, query: new URLSearchParams(ctx.querystring), caller, body, csrf: sessionSecret ? csrfOf(sessionSecret) : '' })
    if (ctx.status < 400 && ctx.respond !== false) await audit({ route, caller, params, more: ctx.state['audit'] as AuditDetail | undefined })
  }
}

/** What does not exist is told to those who are signed in; others are asked to sign in. */
async function answerNoRoute(deps: WebDependencies, { ctx, isPage }: { ctx: Context; isPage: IsPage }, found: Exclude<Match, { kind: 'route' }>): Promise<void> {
  const nothing: Route = { method: 'GET', path: ctx.path, access: 'read', handle: async () => undefined }
  enforceCapability(deps, { ctx, route: nothing, isPage }, await identify(deps, ctx, nothing))
  if (found.kind === 'none') throw notFound('There is nothing at this address. Go to the list, or look in /api/v1/openapi.json.')
  const allow = { Allow: found.allowed.join(', ') }
  if (ctx.method === 'OPTIONS') {
    ctx.set(allow)
    ctx.status = 204
    return
  }
  throw new HttpError(405, problem('method-not-allowed', `This address does not take ${ctx.method}; it takes ${allow.Allow}.`), allow)
}
