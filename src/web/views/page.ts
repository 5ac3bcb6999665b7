import type { Problem } from '../../domain/problem.js'
import type { Words } from '../../i18n/words.js'
import type { Caller, Capability } from '../route.js'

/** A line shown once at the top of the page after something was done or refused. */
export type Flash = { readonly kind: 'good' | 'bad'; readonly text: string }

/** What every view needs to know of the request: who looks, in which language, and what they may do. */
export type PageContext = {
  readonly words: Words
  /** Repeated by every form in the field `_csrf`. */
  readonly csrf: string
  /** Path of this page, to mark the place in the navigation. */
  readonly path: string
  /** Where to come back to after choosing a language; the list when absent. */
  readonly here?: string
  /** ISO 8601; the views know no clock. */
  readonly now: string
  readonly caller?: Pick<Caller, 'id' | 'name' | 'role'>
  readonly can: readonly Capability[]
  readonly flash?: Flash
  /** What everybody should know, above every page. */
  readonly notices?: readonly Problem[]
  /** Ids of the programmes that this clinic runs; absent: all of them. */
  readonly programmes?: readonly string[]
}

export const runs = ({ programmes }: PageContext, id: string): boolean => programmes?.includes(id) ?? true

export const can = (page: PageContext, capability: Capability): boolean => page.can.includes(capability)
