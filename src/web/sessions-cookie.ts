import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'

const NAME = 'screenpost_session'

/** The session's secret from the cookie, as the browser sent it. */
export function readSessionCookie(ctx: Context): string | undefined {
  const value = ctx.cookies.get(NAME)
  return value && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined
}

/** Gone with the browser, or when the server says so. `Secure` where the connection is. */
export function setSessionCookie(ctx: Context, secret: string): void {
  ctx.cookies.set(NAME, secret, { httpOnly: true, sameSite: 'strict', secure: ctx.secure, path: '/', overwrite: true })
}

export function clearSessionCookie(ctx: Context): void {
  ctx.cookies.set(NAME, '', { httpOnly: true, sameSite: 'strict', secure: ctx.secure, path: '/', overwrite: true, expires: new Date(0) })
}

/** The token that every form of this session repeats: it follows from the session, so nothing more is stored. */
export const csrfOf = (sessionSecret: string): string => createHmac('sha256', sessionSecret).update('screenpost-csrf').digest('base64url')

export function isCsrf(sessionSecret: string, given: unknown): boolean {
  if (typeof given !== 'string') return false
  const [expected, actual] = [Buffer.from(csrfOf(sessionSecret)), Buffer.from(given)]
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/** The network address of the browser; no proxy stands before the appliance. */
export const addressOf = (ctx: Context): string => ctx.req.socket.remoteAddress ?? 'unknown'
