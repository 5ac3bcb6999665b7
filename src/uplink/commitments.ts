import type { Problem } from '../domain/problem.js'
import { waitMs } from '../platform/backoff.js'
import { afterConfirmation } from './answers.js'
import { changeStudy, withDeliveries } from './ledger.js'
import type { LaneParts } from './lane.js'
import type { Confirmation } from './transports/transport.js'

export type CommitmentParts = Pick<LaneParts, 'destination' | 'transport' | 'store' | 'board' | 'link' | 'clock' | 'log' | 'signal'> & {
  readonly pace?: { readonly gatherMs: number; readonly askAgainMs: number; readonly unsupportedMs: number }
  /** A number from [0, 1). */
  readonly random?: () => number
}

const PACE = { gatherMs: 1_000, askAgainMs: 15 * 60_000, unsupportedMs: 60 * 60_000 }
const MOST_REFERENCES = 200
/** How often in a row an object is not given back before somebody is told. */
const MANY = 3
/** Longest that nobody asks for an object that was sent again and was missing again, or is not given back. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000

/** Asks a destination for proof that it keeps what it accepted, and asks again where no report comes. */
export class Commitments {
  private readonly asked = new Map<string, { readonly atMs: number; readonly times: number }>()
  /** How often in a row the destination said that it does not keep an object, or did not give it back. */
  private readonly missed = new Map<string, number>()
  private readonly withheld = new Map<string, Problem>()
  private notBeforeMs = 0

  constructor(private readonly parts: CommitmentParts) {}

  async run(): Promise<void> {
    const { signal, log } = this.parts
    while (!signal.aborted) {
      await waitMs((this.parts.pace ?? PACE).gatherMs, signal)
      if (!signal.aborted) await this.ask().catch((error: unknown) => log.failed('commitment', error))
    }
  }

  /** Why there is no proof of something, where only somebody at the archive can find out. */
  get problem(): Problem | undefined {
    if (this.withheld.size === 0) return undefined
    const still = this.parts.board.awaiting(this.parts.destination.id).find(({ sopInstanceUid }) => this.withheld.has(sopInstanceUid))
    return still && this.withheld.get(still.sopInstanceUid)
  }

  /** "Send now": what is left in peace is asked for at once. */
  hurry(): void {
    for (const uid of this.withheld.keys()) this.asked.delete(uid)
  }

  /** The same for a report that nobody waits for. */
  takeLater(report: Confirmation): void {
    this.take(report).catch((error: unknown) => this.parts.log.failed('commitment report', error))
  }

  /** What a report says goes into the documents; objects that are not of this destination are left alone. */
  async take(report: Confirmation): Promise<void> {
    const { board, destination, clock, log, transport } = this.parts
    const told = [...report.committed, ...report.missing, ...(report.heldByRelay ?? []), ...(report.refused ?? []).map(({ sopInstanceUid }) => sopInstanceUid)]
    for (const uid of told) this.withheld.delete(uid)
    for (const uid of report.committed) this.missed.delete(uid)
    for (const uid of report.missing) this.miss(uid)
    if (report.withheld) this.withhold(report.withheld)
    const studies = new Set(told.flatMap((uid) => board.studyOf(uid) ?? []))
    const at = clock.now().toISOString()
    for (const id of studies) {
      await changeStudy(this.parts, id, `committed.${destination.id}`, (study) => withDeliveries(study, (one) => (one.destination === destination.id ? afterConfirmation(one, report, at) : one)))
    }
    if (report.proof !== 'listed') await transport.noted?.(report.committed)
    if (studies.size > 0) log.committed(destination.id, { committed: report.committed.length, failed: report.missing.length })
  }

  /** What is sent again is asked for at once when it has left; missing once more, it is left longer each time, since every no sends it again. */
  private miss(sopInstanceUid: string): void {
    const times = (this.missed.get(sopInstanceUid) ?? 0) + 1
    this.missed.set(sopInstanceUid, times)
    if (times === 1) this.asked.delete(sopInstanceUid)
  }

  private withhold({ sopInstanceUids, problem }: NonNullable<Confirmation['withheld']>): void {
    for (const uid of sopInstanceUids) {
      const times = (this.missed.get(uid) ?? 0) + 1
      this.missed.set(uid, times)
      if (times >= MANY) this.withheld.set(uid, problem)
    }
  }

  private async ask(): Promise<void> {
    const { board, destination, transport, link, clock, log, signal } = this.parts
    const pace = this.parts.pace ?? PACE
    const now = clock.monotonicMs()
    if (now < this.notBeforeMs || !link.isUp) return
    const due = board.awaiting(destination.id).filter(({ sopInstanceUid }) => now >= this.dueMs(sopInstanceUid, pace.askAgainMs)).slice(0, MOST_REFERENCES)
    if (due.length === 0) return
    for (const { sopInstanceUid } of due) this.asked.set(sopInstanceUid, { atMs: now, times: (this.asked.get(sopInstanceUid)?.times ?? 0) + 1 })
    const answer = await transport.confirm!(due, signal)
    if (answer.ok) return this.take(answer.value)
    for (const { sopInstanceUid } of due) this.asked.delete(sopInstanceUid)
    log.commitmentProblem(destination.id, answer.error)
    this.notBeforeMs = now + (answer.error.code === 'confirmation-unsupported' ? pace.unsupportedMs : this.afterFailureMs(pace.gatherMs))
  }

  /** Never in step with a link that comes and goes: one that was off for a second in five was met off each time, for minutes. */
  private afterFailureMs(gatherMs: number): number {
    return gatherMs * (5 + 10 * (this.parts.random ?? Math.random)())
  }

  private dueMs(sopInstanceUid: string, askAgainMs: number): number {
    const asked = this.asked.get(sopInstanceUid)
    if (!asked) return -Infinity
    const { askEveryMs } = this.parts.transport
    if (askEveryMs !== undefined) return asked.atMs + askEveryMs
    const missed = this.missed.get(sopInstanceUid) ?? 0
    if (missed > 1) return asked.atMs + Math.min(LONGEST_WAIT_MS, askAgainMs * 2 ** Math.min(20, missed - 2))
    return asked.atMs + Math.min(askAgainMs, (this.parts.transport.askAgainMs ?? Infinity) * 2 ** Math.min(20, asked.times - 1))
  }
}
