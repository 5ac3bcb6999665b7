import { requestCommitment } from '../dicom/commitment.js'
import type { CommitmentReport } from '../dicom/commitment.js'
import { waitMs } from '../platform/backoff.js'
import { afterCommitment } from './answers.js'
import { peerOf } from './destination.js'
import { changeStudy, withDeliveries } from './ledger.js'
import type { LaneParts } from './lane.js'

export type CommitmentParts = Omit<LaneParts, 'accepted' | 'documents' | 'retry'> & {
  /** A new UID for each request. */
  readonly newTransactionUid: () => string
  readonly pace?: { readonly gatherMs: number; readonly askAgainMs: number; readonly unsupportedMs: number }
}

const PACE = { gatherMs: 1_000, askAgainMs: 15 * 60_000, unsupportedMs: 60 * 60_000 }
const MOST_REFERENCES = 200
const TIMEOUT_MS = 30_000
const LINGER_MS = 500

/** Asks a destination to commit to what it accepted, and asks again where no report comes. */
export class Commitments {
  private readonly askedMs = new Map<string, number>()
  private notBeforeMs = 0

  constructor(private readonly parts: CommitmentParts) {}

  async run(): Promise<void> {
    const { signal, log } = this.parts
    while (!signal.aborted) {
      await waitMs((this.parts.pace ?? PACE).gatherMs, signal)
      if (!signal.aborted) await this.ask().catch((error: unknown) => log.failed('commitment', error))
    }
  }

  /** What a report says goes into the documents; objects that are not of this destination are left alone. */
  async take(report: CommitmentReport): Promise<void> {
    const { board, destination, clock, log } = this.parts
    const sets = { committed: new Set(report.committed), failed: new Set(report.failed) }
    const studies = new Set([...report.committed, ...report.failed].flatMap((uid) => board.studyOf(uid) ?? []))
    const at = clock.now().toISOString()
    for (const id of studies) {
      await changeStudy(this.parts, id, `committed.${destination.id}`, (study) => withDeliveries(study, (one) => (one.destination === destination.id ? afterCommitment(one, sets, at) : one)))
    }
    if (studies.size > 0) log.committed(destination.id, { committed: report.committed.length, failed: report.failed.length })
  }

  private async ask(): Promise<void> {
    const { board, destination, link, clock, log } = this.parts
    const pace = this.parts.pace ?? PACE
    const now = clock.monotonicMs()
    if (now < this.notBeforeMs || !link.isUp) return
    const due = board.awaiting(destination.id).filter(({ sopInstanceUid }) => now - (this.askedMs.get(sopInstanceUid) ?? -Infinity) >= pace.askAgainMs).slice(0, MOST_REFERENCES)
    if (due.length === 0) return
    for (const { sopInstanceUid } of due) this.askedMs.set(sopInstanceUid, now)
    const answer = await requestCommitment({
      peer: peerOf(destination), transactionUid: this.parts.newTransactionUid(), references: due, timeoutMs: TIMEOUT_MS, lingerMs: LINGER_MS,
      onReport: (report) => { this.take(report).catch((error: unknown) => log.failed('commitment report', error)) }
    })
    if (answer.ok) return
    for (const { sopInstanceUid } of due) this.askedMs.delete(sopInstanceUid)
    log.commitmentProblem(destination.id, answer.error)
    const lasting = answer.error.code === 'commitment-unsupported' || answer.error.code === 'commitment-refused'
    this.notBeforeMs = now + (lasting ? pace.unsupportedMs : pace.gatherMs * 10)
  }
}
