import type { Context } from 'koa'
import { isLocale, pickLocale } from '../i18n/words.js'

const NAME = 'screenpost_language'
const A_YEAR_MS = 365 * 24 * 3600 * 1000

/** The language of a page: what the person chose, else what was chosen on this tablet, else what its browser asks for. */
export function localeOf(ctx: Context, chosen?: string): string {
  const found = [chosen, ctx.cookies.get(NAME)].find((locale) => locale !== undefined && isLocale(locale))
  return found ?? pickLocale(ctx.get('accept-language'))
}

/** Remembered on the tablet, for the login page and for error pages. Holds a locale and nothing of a person. */
export function setLanguageCookie(ctx: Context, locale: string): void {
  ctx.cookies.set(NAME, locale, { httpOnly: true, sameSite: 'strict', secure: ctx.secure, path: '/', overwrite: true, maxAge: A_YEAR_MS })
}
