import type { Context } from 'koa'
import { may } from '../access/roles.js'
import { problem } from '../domain/problem.js'
import type { WebDependencies } from './dependencies.js'
import { wantsJson } from './errors.js'
import { HttpError } from './http-error.js'
import type { Caller, Route } from './route.js'
import { isCsrf, readSessionCookie } from './sessions-cookie.js'

/** Who asks; `sessionSecret` when the browser's cookie says so. */
export type Identity = { readonly caller?: Caller; readonly sessionSecret?: string }

const SAFE = ['GET', 'HEAD', 'OPTIONS']
const challenge = { 'WWW-Authenticate': 'Bearer realm="screenpost"' }

/** By bearer token, else by session cookie. A bearer text that is no token is refused, whatever cookie came along. */
export async function identify(deps: WebDependencies, ctx: Context, route: Route): Promise<Identity> {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(ctx.get('authorization')) ?? []
  if (bearer !== undefined) {
    const token = await deps.access.tokens.verify(bearer)
    if (token) return { caller: { id: `token-${token.id}`, name: token.label, role: token.role, via: 'token' } }
    throw new HttpError(401, problem('bad-token', 'This token is not valid (any more). Make one with `screenpost token create`.'), challenge)
  }
  const sessionSecret = readSessionCookie(ctx)
  const session = sessionSecret && (await deps.access.sessions.resolve(sessionSecret, { peek: route.path === '/events' }))
  const user = session ? deps.access.users.get(session.userId) : undefined
  if (!user || user.disabled || !sessionSecret) return {}
  return { caller: { id: user.id, name: user.name, role: user.role, via: 'session', ...(user.language ? { language: user.language } : {}) }, sessionSecret }
}

/** Whether there is a page of ours at this path. */
export type IsPage = (path: string) => boolean

/** The one place that decides whether this caller may have this route. */
export function enforceCapability(deps: WebDependencies, { ctx, route, isPage }: { ctx: Context; route: Route; isPage: IsPage }, { caller }: Identity): void {
  if (route.access === 'public') return
  if (!caller) throw signInFirst(deps, ctx, isPage)
  if (may(caller.role, route.access)) return
  throw new HttpError(403, problem('not-allowed', `The role ${caller.role} may not do this. Ask somebody whose role may, or the administrator.`))
}

function signInFirst(deps: WebDependencies, ctx: Context, isPage: IsPage): HttpError {
  const why = problem('sign-in', 'Sign in first: at /login with your PIN, or send a token as `Authorization: Bearer sp_...`.')
  if (wantsJson(ctx)) return new HttpError(401, why, challenge)
  const page = deps.access.needsSetup() ? '/setup' : loginOf(ctx, SAFE.includes(ctx.method) ? pageOf(ctx) : formPageOf(ctx, isPage))
  return ctx.get('hx-request') === 'true' ? new HttpError(401, why, { 'HX-Redirect': page }) : new HttpError(303, why, { Location: page })
}

/** The page to sign in at, which leads on to `next`; a browser that still has its cookie is told that its session ended. */
function loginOf(ctx: Context, next: string | undefined): string {
  const query = new URLSearchParams({ ...(readSessionCookie(ctx) ? { ended: '1' } : {}), ...(next && next !== '/' ? { next } : {}) }).toString()
  return query === '' ? '/login' : `/login?${query}`
}

/** The page that was asked for, whole where a part of it was. */
function pageOf({ path, search }: Context): string {
  const query = new URLSearchParams(search)
  query.delete('fragment')
  return query.size > 0 ? `${path}?${query.toString()}` : path
}

/** The page of ours that the form stood on: a page that came as the answer to a form has its own one step up. */
function formPageOf(ctx: Context, isPage: IsPage): string | undefined {
  const from = URL.canParse(ctx.get('referer')) ? new URL(ctx.get('referer')) : undefined
  if (from?.host !== ctx.host) return undefined
  if (isPage(from.pathname)) return from.pathname + from.search
  const above = from.pathname.replace(/\/[^/]+$/, '')
  return isPage(above) ? above : undefined
}

/** No other site speaks for a signed-in browser, nor signs one in: the origin is ours, and a session's form repeats its token. */
export function enforceSameSite(ctx: Context, body: Readonly<Record<string, unknown>>, { caller, sessionSecret }: Identity): void {
  if (SAFE.includes(ctx.method) || caller?.via === 'token') return
  const foreign = new HttpError(403, problem('foreign-origin', 'This came from another site and was not done. Open the page of the appliance itself and repeat it there.'))
  const origin = originHost(ctx.get('origin'))
  const site = ctx.get('sec-fetch-site')
  if ((origin !== undefined && origin !== ctx.host) || (site !== '' && site !== 'same-origin' && site !== 'none')) throw foreign
  if (!sessionSecret) return
  // A multipart body is a stream for the handler: its browser's Origin, checked above, stands for the field.
  const given = ctx.get('x-csrf-token') || body['_csrf']
  if (given === undefined && ctx.is('multipart/form-data') && origin !== undefined) return
  if (!isCsrf(sessionSecret, given)) {
    throw new HttpError(403, problem('bad-csrf', 'The page was open too long, or somebody signed in meanwhile. Load it again and repeat this; nothing was changed.'))
  }
}

function originHost(origin: string): string | undefined {
  if (origin === '') return undefined
  try {
    return new URL(origin).host
  } catch {
    return 'null'
  }
}
