import type { Context } from 'koa'
import type { WebDependencies } from '../dependencies.js'
import { notFound } from '../http-error.js'
import type { Route, RouteRequest } from '../route.js'
import type { PracticeAnswer } from '../views/practice.js'
import { PRACTICE_ANSWERS, practicePage, tourPage } from '../views/practice.js'
import { pageContext, seeOther, sendHtml } from './respond.js'

const COOKIE = 'screenpost_tour'
const YEAR_MS = 365 * 86_400_000

/** Whether this tablet has shown the tour, or somebody said "not now". */
export const hasSeenTour = (ctx: Context): boolean => ctx.cookies.get(COOKIE) === 'seen'

const remember = (ctx: Context): void => { ctx.cookies.set(COOKIE, 'seen', { maxAge: YEAR_MS, httpOnly: true, sameSite: 'strict', overwrite: true }) }

async function tour(deps: Pick<WebDependencies, 'clock'>, request: RouteRequest): Promise<void> {
  remember(request.ctx)
  if (request.query.has('skip')) return seeOther(request, '/')
  return sendHtml(request, tourPage(pageContext(deps, request)))
}

function numberOf(deps: Pick<WebDependencies, 'practice'>, request: RouteRequest): number {
  const number = Number(request.params['number'])
  if (Number.isInteger(number) && number >= 1 && number <= deps.practice.cases.length) return number
  throw notFound('There is no such picture to practise on. Go back to the tour.')
}

async function practise(deps: Pick<WebDependencies, 'practice' | 'clock'>, request: RouteRequest): Promise<void> {
  const number = numberOf(deps, request)
  const shown = deps.practice.cases[number - 1]
  const answer = PRACTICE_ANSWERS.find((each): each is PracticeAnswer => each === request.query.get('answer'))
  if (shown) sendHtml(request, practicePage(pageContext(deps, request), { number, of: deps.practice.cases.length, shown, ...(answer ? { answer } : {}) }))
}

async function picture(deps: Pick<WebDependencies, 'practice'>, request: RouteRequest): Promise<void> {
  const bytes = await deps.practice.picture(numberOf(deps, request) - 1)
  request.ctx.set('Cache-Control', 'private, max-age=86400')
  request.ctx.body = Buffer.from(bytes)
  request.ctx.set('Content-Type', 'image/jpeg')
}

/** The tour, and practice on generated pictures: nothing here reads or writes a study. */
export const practiceRoutes = (deps: Pick<WebDependencies, 'practice' | 'clock'>): Route[] => [
  { method: 'GET', path: '/tour', access: 'read', handle: (request) => tour(deps, request) },
  { method: 'GET', path: '/practice/:number', access: 'read', handle: (request) => practise(deps, request) },
  { method: 'GET', path: '/practice/:number/picture', access: 'read', handle: (request) => picture(deps, request) }
]
