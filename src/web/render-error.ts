import type { Words } from '../i18n/words.js'
import type { HttpError } from './http-error.js'
import { messagePage } from './views/message.js'

const TITLES: Readonly<Record<number, string>> = {
  400: 'This did not work', 401: 'Sign in first', 403: 'Not allowed', 404: 'Not found', 405: 'Not possible here', 409: 'Changed meanwhile',
  413: 'Too much at once', 429: 'Too many attempts', 503: 'Not available now', 507: 'The disk is full'
}

/** The page for a failure: what happened, and one way on. */
export function renderHtml(error: HttpError, context: { words: Words; path: string; now: string }): string {
  const page = { ...context, csrf: '', can: [] }
  return String(messagePage(page, { title: TITLES[error.status] ?? 'This did not work', text: error.problem.message, href: '/', action: 'To the list' }))
}
