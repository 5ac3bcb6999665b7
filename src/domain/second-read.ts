import type { TriageLevel } from './finding.js'
import type { ReviewDecision, Study } from './study.js'

/** wanted: the programme asks for a second reader and none has read. discordant: both have, and decided differently. settled: somebody decided after that. */
export type SecondRead = {
  readonly state: 'wanted' | 'agreed' | 'discordant' | 'settled'
  readonly first: ReviewDecision
  readonly second?: ReviewDecision
}

type Reviewed = Pick<Study, 'reviews' | 'triage'>

/** How far the reading by two people is; undefined where the programme asks for one reader only. */
export function secondReadOf(study: Reviewed): SecondRead | undefined {
  const { reviews } = study
  if (!reviews.some(({ asksSecond }) => asksSecond)) return undefined
  const place = reviews.findIndex(({ blind }) => blind)
  const second = reviews[place]
  const first = (second ? reviews.slice(0, place) : reviews).at(-1)
  if (!first) return undefined
  if (!second) return { state: 'wanted', first }
  if (decided(study, first) === decided(study, second)) return { state: 'agreed', first, second }
  return { state: place < reviews.length - 1 ? 'settled' : 'discordant', first, second }
}

/** What a reader's decision comes to: a level, or that the image is no use. */
function decided({ triage }: Reviewed, review: ReviewDecision): TriageLevel | 'rejected' {
  if (review.action === 'reject') return 'rejected'
  return review.triage?.level ?? triage?.level ?? 'none'
}

/** Whether this reader would be the second one and must not see what the first decided. */
export function readsBlind(study: Reviewed, reader: string): boolean {
  const read = secondReadOf(study)
  return read?.state === 'wanted' && !study.reviews.some(({ by }) => by === reader)
}

/** The study as its second reader sees it: without decision, note, region and history of other readers. */
export function blindView(study: Study): Study {
  const { notes: _notes, regions: _regions, outcomes: _outcomes, saidOfOthers: _said, overreads: _overreads, ...rest } = study
  return { ...rest, reviews: [], history: study.history.filter(({ event }) => !/^(review|note|region|outcome|overread)\b/.test(event)) }
}
