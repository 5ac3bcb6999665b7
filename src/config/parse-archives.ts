import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { SiteFile } from './site-file.js'

type Parts = Pick<SiteFile, 'retention' | 'destinations'>
type Parsed = readonly { readonly id: string; readonly commitment: boolean; readonly deidentified: boolean }[]

/** Destinations that must have promised to keep an image before it may leave this disk: those marked `"archive": true`, or the older list of retention. */
export function archivesOf({ retention, destinations = [] }: Parts): readonly string[] {
  const marked = markedIn(destinations)
  return marked.length > 0 ? marked : (retention?.archives ?? [])
}

/** Only what can commit may be waited for; the two ways to say it may not contradict each other; and without any nothing would ever be removed. */
export function archiveProblems({ retention, destinations = [] }: Parts, parsed: Parsed): Problem[] {
  const marked = markedIn(destinations)
  const listed = retention?.archives
  const wrong = [
    ...destinations.flatMap((one, index) => (one['archive'] === true && parsed.some(({ id }) => id === one.id) ? unfit(one.id, parsed, `destinations[${index}].archive`) : [])),
    ...(listed ?? []).flatMap((id, index) => unfit(id, parsed, `retention.archives[${index}]`))
  ]
  if (wrong.length > 0 || !retention) return wrong
  if (listed && marked.length > 0 && [...listed].sort().join() !== [...marked].sort().join()) {
    return [problem('archives-differ', `the destinations marked "archive": true are ${marked.join(', ')}; leave this list out, or name the same`, 'retention.archives')]
  }
  return listed || marked.length > 0 ? [] : [problem('no-archive', 'expected "archive": true in at least one destination', 'retention')]
}

const markedIn = (destinations: NonNullable<Parts['destinations']>): string[] => destinations.flatMap((one) => (one['archive'] === true ? [one.id] : []))

function unfit(id: string, parsed: Parsed, path: string): Problem[] {
  const destination = parsed.find((one) => one.id === id)
  if (destination?.commitment && !destination.deidentified) return []
  const why = destination?.deidentified ? `the destination ${id} is de-identified: what it keeps names nobody and may be masked, so it stands in for no image here`
    : destination ? `the destination ${id} is not asked to commit: set its commitment to true; a fhir or folder destination never counts` : `expected the id of a destination; got ${id}`
  return [problem('no-archive', why, path)]
}
