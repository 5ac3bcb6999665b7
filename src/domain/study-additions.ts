import type { IsoTime } from './ids.js'
import type { Problem } from './problem.js'
import { problem } from './problem.js'
import type { Result } from './result.js'
import { err, ok } from './result.js'
import type { Outcome, Region, Study } from './study.js'

/** A place on the picture in parts of its size, from 0 to 1. */
export type RegionInput = Pick<Region, 'frame' | 'x' | 'y' | 'width' | 'height' | 'text'>

export type OutcomeInput = Pick<Outcome, 'kind' | 'value' | 'onDate' | 'note'>

type Who = { readonly at: IsoTime; readonly by: string }

/** One more note. */
export function noteOn(study: Study, text: string, who: Who): Result<Study, Problem> {
  const said = text.trim()
  if (said === '') return err(problem('note-empty', 'Write the note first.', 'text'))
  return ok({ ...study, notes: [...(study.notes ?? []), { ...who, text: said }] })
}

const within = (start: number, length: number): boolean => start >= 0 && length > 0 && start + length <= 1.000001

/** One more marked place; `id` is new. */
export function markRegion(study: Study, input: RegionInput & { readonly id: string }, who: Who): Result<Study, Problem> {
  if (!within(input.x, input.width) || !within(input.y, input.height)) return err(problem('bad-region', 'The place must lie inside the picture. Draw it again.', 'x'))
  if (input.frame < 0 || input.frame >= (study.reading?.image.frames ?? 1)) return err(problem('bad-region', 'There is no such picture in the clip. Draw the place again.', 'frame'))
  return ok({ ...study, regions: [...(study.regions ?? []), { ...input, text: input.text.trim(), ...who, ownPaper: true }] })
}

/** The place stays in the document and is not shown any more. */
export function withdrawRegion(study: Study, id: string, who: Who): Result<Study, Problem> {
  const regions = study.regions ?? []
  if (!regions.some((region) => region.id === id && !region.withdrawn)) return err(problem('no-such-region', 'This place was taken off already. Load the page again.'))
  return ok({ ...study, regions: regions.map((region) => (region.id === id ? { ...region, withdrawn: who, ownPaper: true } : region)) })
}

/** The places that are shown. */
export const shownRegions = ({ regions = [] }: Pick<Study, 'regions'>): readonly Region[] => regions.filter(({ withdrawn }) => !withdrawn)

/** What was done to places on the first picture, which papers show: each as it stands by now, those that were taken off too, and when the last was done. None that an earlier release marked: every paper with a place would leave again after an update. */
export function marksOf({ regions = [] }: Pick<Study, 'regions'>): { readonly said: readonly string[]; readonly lastAt?: IsoTime } {
  const first = regions.filter(({ frame, ownPaper }) => frame === 0 && ownPaper)
  const lastAt = first.flatMap(({ at, withdrawn }) => [at, withdrawn?.at ?? at]).sort().at(-1)
  return { said: first.map(({ id, withdrawn }) => `${id} ${withdrawn ? 'off' : 'on'}`), ...(lastAt === undefined ? {} : { lastAt }) }
}

/** What became of it; the caller has checked kind and value against the programme. */
export function enterOutcome(study: Study, { note, ...input }: OutcomeInput, who: Who): Result<Study, Problem> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(input.onDate) || Number.isNaN(Date.parse(input.onDate)) || input.onDate > who.at.slice(0, 10)) {
    return err(problem('bad-outcome-date', 'Give the day of the result as year-month-day, not in the future.', 'onDate'))
  }
  return ok({ ...study, outcomes: [...(study.outcomes ?? []), { ...input, ...(note?.trim() ? { note: note.trim() } : {}), ...who }] })
}

/** A value of an outcome that ends no waiting: who did not come is still to be looked after. */
export const DID_NOT_ATTEND = 'did-not-attend'

/** The last of each kind. */
export const outcomesInForce = ({ outcomes = [] }: Pick<Study, 'outcomes'>): readonly Outcome[] =>
  [...new Map(outcomes.map((outcome) => [outcome.kind, outcome])).values()]
