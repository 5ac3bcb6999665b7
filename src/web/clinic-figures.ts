import type { StudySummary } from '../domain/study.js'
import { dayOf } from './register.js'

/** How often one operator's or one device's images could not be graded. */
export type UngradableRate = { readonly name: string; readonly images: number; readonly ungradable: number }
/** Images of one day by what they ask for. */
export type DayCount = { readonly day: string; readonly urgent: number; readonly soon: number; readonly routine: number; readonly none: number }

const isRead = ({ gradable }: StudySummary): boolean => gradable !== undefined

function ratesBy(summaries: readonly StudySummary[], nameOf: (summary: StudySummary) => string | undefined): UngradableRate[] {
  const rates = new Map<string, { images: number; ungradable: number }>()
  for (const summary of summaries.filter(isRead)) {
    const name = nameOf(summary)
    if (name === undefined) continue
    const rate = rates.get(name) ?? { images: 0, ungradable: 0 }
    rates.set(name, { images: rate.images + 1, ungradable: rate.ungradable + (summary.gradable === false ? 1 : 0) })
  }
  return [...rates].map(([name, rate]) => ({ name, ...rate })).toSorted((a, b) => b.ungradable / b.images - a.ungradable / a.images || b.images - a.images)
}

/** By operator, as people know them, and by device, the worst first. */
export const ungradableRates = (summaries: readonly StudySummary[], nameOf: (operator: string) => string = (id) => id): { readonly operators: UngradableRate[]; readonly devices: UngradableRate[] } =>
  ({ operators: ratesBy(summaries, ({ operator }) => operator).map((rate) => ({ ...rate, name: nameOf(rate.name) })), devices: ratesBy(summaries, ({ deviceId }) => deviceId) })

/** The last `days` days up to `now`, each with its counts, the oldest first. */
export function countsByDay(summaries: readonly StudySummary[], now: Date, days: number): DayCount[] {
  const counts = new Map<string, { urgent: number; soon: number; routine: number; none: number }>()
  for (let back = days - 1; back >= 0; back -= 1) counts.set(dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - back, 12)), { urgent: 0, soon: 0, routine: 0, none: 0 })
  for (const { receivedAt, triageLevel, awaitsAge } of summaries) {
    const count = counts.get(dayOf(new Date(receivedAt)))
    if (count) count[awaitsAge ? 'none' : triageLevel === 'immediate' ? 'urgent' : triageLevel] += 1
  }
  return [...counts].map(([day, count]) => ({ day, ...count }))
}
