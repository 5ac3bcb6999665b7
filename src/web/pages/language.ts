import { isLocale } from '../../i18n/words.js'
import type { WebDependencies } from '../dependencies.js'
import { badRequest } from '../http-error.js'
import { setLanguageCookie } from '../language-cookie.js'
import type { Route, RouteRequest } from '../route.js'
import { seeOther, textOf } from './respond.js'

/** A page of ours, never another site. */
const nextOf = (text: string): string => (/^\/(?![/\\])[\w/.-]*$/.test(text) ? text : '/')

async function choose(deps: Pick<WebDependencies, 'access'>, request: RouteRequest): Promise<void> {
  const language = textOf(request, 'language')
  if (!isLocale(language)) throw badRequest('unknown-language', 'This language is not there. Choose one of the list.', 'language')
  if (request.caller?.via === 'session') await deps.access.users.setLanguage(request.caller.id, language)
  setLanguageCookie(request.ctx, language)
  seeOther(request, nextOf(textOf(request, 'next')))
}

/** Before signing in the tablet remembers the language, afterwards it is the person's own on every tablet. */
export const languageRoutes = (deps: Pick<WebDependencies, 'access'>): Route[] => [
  { method: 'POST', path: '/language', access: 'public', handle: (request) => choose(deps, request) }
]
