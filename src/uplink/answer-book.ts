import type { Delivery } from '../domain/delivery.js'
import { isOutstanding } from '../domain/delivery.js'
import type { Study } from '../domain/study.js'
import type { StudyId } from '../domain/ids.js'
import { afterAnswer } from './answers.js'
import { leaveAnew, withdraw } from './corrections.js'
import { changeStudy, withDeliveries } from './ledger.js'
import type { LaneParts } from './lane.js'
import type { Answer } from './transports/transport.js'

/** What was carried, as it stood when it was made, and the answer to it. */
export type Answered = { readonly made: Pick<Delivery, 'sopInstanceUid' | 'identityHash' | 'report'>; readonly answer: Answer }
type Entry = Answered & { readonly studyId: StudyId }

/** Writes answers into the study documents as they come, what came meanwhile together: a power cut forgets few, and none holds the line up. */
export class AnswerBook {
  private waiting: Entry[] = []
  private writing: Promise<void> | undefined

  constructor(private readonly parts: Pick<LaneParts, 'store' | 'board' | 'destination' | 'clock' | 'log'>) {}

  note(entry: Entry): void {
    this.waiting.push(entry)
    this.writing ??= this.write().finally(() => { this.writing = undefined })
  }

  /** Resolves when all that was noted is durable. */
  async settled(): Promise<void> {
    while (this.writing) await this.writing
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const entries = this.waiting
      this.waiting = []
      for (const id of new Set(entries.map(({ studyId }) => studyId))) {
        await this.change(id, entries.filter(({ studyId }) => studyId === id)).catch((error: unknown) => this.parts.log.failed('record', error, id))
      }
    }
  }

  private async change(id: StudyId, answers: readonly Answered[]): Promise<void> {
    const { destination, clock } = this.parts
    const at = clock.now().toISOString()
    await changeStudy(this.parts, id, `delivery.${destination.id}`, (study) => withAnswers(study, answers, { destination: destination.id, at }))
  }
}

const ARRIVED: readonly Answer['kind'][] = ['stored', 'stored-with-warning', 'unanswered', 'unknown']

/**
 * The study with what its destination answered, or undefined when nothing is different. What left before the study turned out to be somebody else's
 * is there, or may be, under the first: it is written down so, and everything leaves anew.
 */
export function withAnswers(study: Study, answers: readonly Answered[], { destination, at }: { readonly destination: string; readonly at: string }): Study | undefined {
  const said = new Map(answers.map((one) => [one.made.sopInstanceUid, one]))
  let anew = false
  const changed = withDeliveries(study, (one) => {
    const answered = one.destination === destination ? said.get(one.sopInstanceUid) : undefined
    if (!answered) return one
    const { made, answer } = answered
    const arrived = ARRIVED.includes(answer.kind)
    // A note whose change was undone while it was on its way is there all the same.
    if (one.kind === 'rejection' && one.state === 'superseded') return arrived ? afterAnswer({ ...one, state: 'pending' }, answer, at) : one
    if (!isOfAnother(study, one, made)) return isOutstanding(one) ? afterAnswer(one, answer, at) : one
    if (!arrived) return one
    // What leaves under new UIDs already needs no newer ones: the archive would have it twice.
    anew ||= issueOf(study, made.report) === issueOf(study, study.reports?.at(-1)?.revision)
    return afterAnswer({ ...one, identityHash: made.identityHash, report: made.report, state: 'pending' }, answer, at)
  })
  if (!changed) return undefined
  const { deliveries: before = [] } = changed
  const deliveries = withdraw(before, at)
  anew ||= deliveries.some((one, index) => one !== before[index] && isOfNow(study, one))
  return { ...(anew ? leaveAnew(changed, at) : changed), deliveries }
}

/** Of the issue and identity that the study says now. */
const isOfNow = (study: Study, { identityHash, report }: Delivery): boolean =>
  identityHash === study.reports?.at(-1)?.identityHash && issueOf(study, report) === issueOf(study, study.reports?.at(-1)?.revision)

/** How often everything had left under new UIDs when that revision was made. */
const issueOf = ({ reports = [] }: Study, revision: number | undefined): number => reports.find((one) => one.revision === revision)?.reissue ?? 0

/** Planned anew under another identity while it was on the way. */
function isOfAnother({ reports }: Study, { kind, state, identityHash }: Delivery, made: Answered['made']): boolean {
  if (kind === 'rejection') return false
  const now = state === 'superseded' ? reports?.at(-1)?.identityHash : state === 'pending' || state === 'sent' ? identityHash : undefined
  return now !== undefined && now !== made.identityHash
}
