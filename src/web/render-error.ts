import type { Words } from '../i18n/words.js'
import type { HttpError } from './http-error.js'
import { problemText } from './views/describe.js'
import { messagePage } from './views/message.js'

/** The page for a failure: what happened, and one way on. */
export function renderHtml(error: HttpError, context: { words: Words; path: string; now: string }): string {
  const page = { ...context, csrf: '', can: [] }
  const { coded, t } = context.words
  const title = coded(`error.title.${error.status}`, t('error.title'))
  return String(messagePage(page, { title, text: problemText(context.words, error.problem), href: '/', action: t('error.to-list') }))
}
