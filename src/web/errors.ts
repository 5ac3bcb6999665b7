import type { Context, Next } from 'koa'
import { wordsFor } from '../i18n/words.js'
import { reasonOf } from '../platform/reason-of.js'
import { localeOf } from './language-cookie.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { WebDependencies } from './dependencies.js'
import { HttpError, httpErrorOf } from './http-error.js'
import { renderHtml } from './render-error.js'
import { languageChosen, saidTo } from './said.js'

const UNEXPECTED = problem('unexpected', 'Something went wrong here; nothing that was stored is lost. Try again, and if it stays so tell the technician (the log says more).')

/** True where the answer is for a program: the API and probes, or a caller that asks for JSON. A person who follows a link to a picture or a report gets a page. */
export function wantsJson(ctx: Context): boolean {
  if (ctx.path.startsWith('/api/')) return ctx.method !== 'GET' || ctx.accepts('json', 'html') !== 'html'
  return ctx.path === '/healthz' || ctx.path === '/metrics' || ctx.path === '/events' ||
    ctx.accepts('html', 'json') === 'json'
}

/** Every failure becomes an answer that says what to do next, in JSON `{"error":{code,message,path?}}` or as a page. */
export function answerErrors(deps: WebDependencies) {
  return async (ctx: Context, next: Next): Promise<void> => {
    // Koa makes its cookie reader with the help of the socket, which a request forgets when its body can't be read: made now, it serves the answer too.
    ctx.state['cookies'] = ctx.cookies
    try {
      await next()
    } catch (thrown) {
      const known = httpErrorOf(thrown)
      if (!known) deps.log.error('web-request-failed', { method: ctx.method, route: ctx.state['route'] as string | undefined, error: reasonOf(thrown) })
      if (ctx.respond === false || ctx.res.headersSent) {
        ctx.res.destroy()
        return
      }
      answer(ctx, known ?? new HttpError(500, UNEXPECTED), deps)
    }
  }
}

function answer(ctx: Context, error: HttpError, deps: WebDependencies): void {
  ctx.status = error.status
  ctx.set(error.headers)
  ctx.set('Cache-Control', 'no-store')
  if (!ctx.req.complete && ctx.method !== 'GET' && ctx.method !== 'HEAD') ctx.set('Connection', 'close')
  if (wantsJson(ctx)) {
    ctx.body = { error: publicPart(saidTo(ctx, error.problem)) }
    return
  }
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = renderHtml(error, { words: wordsFor(localeOf(ctx, languageChosen(ctx))), path: ctx.path, now: deps.clock.now().toISOString() })
}

const publicPart = ({ code, message, path }: Problem): Problem => (path === undefined ? { code, message } : { code, message, path })
