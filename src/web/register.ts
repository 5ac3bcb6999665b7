import type { Patient } from '../domain/patient.js'
import type { StudySummary } from '../domain/study.js'
import type { EyesVerdict } from '../programmes/eyes.js'
import { isBlindLine } from './blind.js'
import type { WebDependencies } from './dependencies.js'
import { eyesOfLines } from './eyes-of-lines.js'
import type { Caller } from './route.js'

/** One image of a day and whose it is. */
export type RegisterEntry = { readonly summary: StudySummary; readonly patient?: Patient; /** The caller reads it second and must not see what the first decided. */ readonly blind?: boolean; /** What both eyes say, of a photo of one. */ readonly eyes?: EyesVerdict }

const DAY_MS = 86_400_000
/** More images than a clinic takes in a day. */
const MOST = 1000

/** A day as yyyy-mm-dd in the computer's own time zone. */
export const dayOf = (time: Date): string => [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, '0')).join('-')

/** The day of the address; today for anything else. */
export const dayAsked = (text: string | null, now: Date): string => (text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : dayOf(now))

/** The images received on a day as the caller may see them, oldest first. Newest first from the store, page by page, until the day is passed. */
export function registerEntries({ store, patients }: Pick<WebDependencies, 'store' | 'patients'>, day: string, caller: Caller | undefined): RegisterEntry[] {
  const found: StudySummary[] = []
  let cursor: string | undefined
  do {
    const page = store.list({ order: 'newest', limit: MOST, ...(cursor ? { cursor } : {}) })
    found.push(...page.studies.filter(({ receivedAt }) => dayOf(new Date(receivedAt)) === day))
    const last = page.studies.at(-1)
    cursor = last && Date.parse(last.receivedAt) > Date.parse(day) - DAY_MS ? page.next : undefined
  } while (cursor !== undefined && found.length < MOST)
  const eyesOf = eyesOfLines({ store, patients }, caller)
  return found.toReversed().map((summary) => {
    const patient = summary.patientId === undefined ? undefined : patients.find(summary.patientId)
    const eyes = eyesOf(summary)
    return { summary, ...(eyes ? { eyes } : {}), ...(patient ? { patient } : {}), ...(isBlindLine(summary, caller) ? { blind: true } : {}) }
  })
}
