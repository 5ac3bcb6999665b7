import type { Context } from 'koa'
import type { Problem } from '../domain/problem.js'
import { wordsFor } from '../i18n/words.js'
import { localeOf } from './language-cookie.js'
import { readSessionCookie } from './sessions-cookie.js'
import { problemText } from './views/describe.js'

/** What `dispatch.ts` leaves for it: the language that the person who asks has chosen. */
export const languageChosen = (ctx: Context): string | undefined => ctx.state['language'] as string | undefined

/** A problem as whoever asks reads it: people at a page in the page's language, programs (and English pages) in the rule's own words. */
export function saidTo(ctx: Context, problem: Problem): Problem {
  if (readSessionCookie(ctx) === undefined) return problem
  return { ...problem, message: problemText(wordsFor(localeOf(ctx, languageChosen(ctx))), problem) }
}
