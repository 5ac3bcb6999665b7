import type { Claim, HoldingVisit, StationId, Visit, VisitId } from '../domain/visit.js'
import type { Clock } from '../platform/clock.js'

/**
 * A claim that nobody used for so long no longer attaches anything: a nurse who forgot to close a visit must not have the next person's
 * images put into it.
 */
export const CLAIM_LAPSES_AFTER_MS = 60 * 60_000

export type Holder = { readonly visit: Visit; readonly claim: Claim }

/** Which visit holds which station, and since when it was not used. Times of use are monotonic: setting the clock frees nothing. */
export class Claims {
  readonly #usedMs = new Map<string, number>()
  constructor(private readonly clock: Clock) {}

  /** Claims of an earlier run count on from when they were last used, where the clock can tell; else they have lapsed. */
  restore(visits: Iterable<Visit>, clockTrusted: boolean): void {
    for (const { id, claims } of visits) {
      for (const { station, usedAt } of claims) {
        const idleMs = this.clock.now().getTime() - Date.parse(usedAt)
        if (clockTrusted && idleMs >= 0) this.#usedMs.set(keyOf(id, station), this.clock.monotonicMs() - idleMs)
      }
    }
  }

  used(id: VisitId, station: StationId): void { this.#usedMs.set(keyOf(id, station), this.clock.monotonicMs()) }

  forget(id: VisitId, station: StationId): void { this.#usedMs.delete(keyOf(id, station)) }

  isInForce(id: VisitId, station: StationId): boolean {
    const usedMs = this.#usedMs.get(keyOf(id, station))
    return usedMs !== undefined && this.clock.monotonicMs() - usedMs < CLAIM_LAPSES_AFTER_MS
  }

  holderOf(visits: Iterable<Visit>, station: StationId): Holder | undefined {
    for (const visit of visits) {
      const claim = visit.claims.find((each) => each.station === station)
      if (claim && this.isInForce(visit.id, station)) return { visit, claim }
    }
    return undefined
  }
}

/** The visit as a device is told of it. */
export const holdingOf = ({ visit: { id, patientId }, claim }: Holder): HoldingVisit => ({ visitId: id, patientId, ...(claim.take ? { take: claim.take } : {}) })

const keyOf = (id: VisitId, station: StationId): string => `${id} ${station}`
