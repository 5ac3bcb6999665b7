import type { Study } from '../domain/study.js'
import { isOutstanding } from '../domain/delivery.js'
import type { StudyId } from '../domain/ids.js'
import { afterAnswer } from './answers.js'
import { withdraw } from './corrections.js'
import { changeStudy, withDeliveries } from './ledger.js'
import type { LaneParts } from './lane.js'
import type { Answer } from './transports/transport.js'

type Entry = { readonly studyId: StudyId; readonly sopInstanceUid: string; readonly answer: Answer }

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
        const answers = new Map(entries.filter(({ studyId }) => studyId === id).map(({ sopInstanceUid, answer }) => [sopInstanceUid, answer]))
        await this.change(id, answers).catch((error: unknown) => this.parts.log.failed('record', error, id))
      }
    }
  }

  private async change(id: StudyId, answers: ReadonlyMap<string, Answer>): Promise<void> {
    const { destination, clock } = this.parts
    const at = clock.now().toISOString()
    await changeStudy(this.parts, id, `delivery.${destination.id}`, (study) => {
      const changed = withDeliveries(study, (one) => {
        const answer = one.destination === destination.id && isOutstanding(one) ? answers.get(one.sopInstanceUid) : undefined
        return answer ? afterAnswer(one, answer, at) : one
      })
      return changed && afterNotes(changed, at)
    })
  }
}

const afterNotes = (study: Study, at: string): Study => ({ ...study, deliveries: withdraw(study.deliveries ?? [], at) })
