import { dirname } from 'node:path'
import { DamagedError } from '../domain/errors.js'
import type { StudyId } from '../domain/ids.js'
import { makeDirectoryDurable, removeDurable } from '../platform/durable-fs.js'
import { JsonDocument } from '../store/durable-document.js'
import { type Answered, withAnswers } from './answer-book.js'
import type { LaneParts } from './lane.js'
import { changeStudy } from './ledger.js'

/** An object as it stood when it was made, and whose it is. */
export type Departed = { readonly studyId: StudyId; readonly made: Answered['made'] }
type Noted = { readonly left: readonly Departed[] }

/**
 * What one lane has on its way, noted before the first byte leaves. After a power cut the destination may have it although no answer was
 * written down; it must not be forgotten when the study turns out to be somebody else's before it is sent again.
 */
export class Departures {
  private document: JsonDocument<Noted> | undefined

  constructor(private readonly path: string) {}

  /** What was on its way when the power went; nothing where the note is damaged in both its versions. */
  async recall(): Promise<readonly Departed[]> {
    return (await this.open()).data.left
  }

  /** Durable on return. @throws StoreFullError, and what the file system throws */
  async leave(left: readonly Departed[]): Promise<void> {
    await (await this.open()).change(() => ({ left }))
  }

  private async open(): Promise<JsonDocument<Noted>> {
    if (!this.document) {
      await makeDirectoryDurable(dirname(this.path))
      this.document = await JsonDocument.open<Noted>(this.path, { left: [] }).catch(async (error: unknown) => {
        if (!(error instanceof DamagedError)) throw error
        for (const damaged of [this.path, `${this.path}.previous`]) await removeDurable(damaged)
        return JsonDocument.open<Noted>(this.path, { left: [] })
      })
    }
    return this.document
  }
}

/** What was on its way when the power went counts as sent without an answer, under the name it left under. */
export async function recallDepartures(all: readonly Departures[], parts: Pick<LaneParts, 'store' | 'board' | 'destination' | 'clock' | 'log'>): Promise<void> {
  const { destination: { id: destination }, clock, log } = parts
  const at = clock.now().toISOString()
  for (const departures of all) {
    const left = await departures.recall().catch((error: unknown): Departed[] => {
      log.failed('departures', error)
      return []
    })
    for (const { studyId, made } of left) {
      await changeStudy(parts, studyId, `delivery.${destination}`, (study) => withAnswers(study, [{ made, answer: { kind: 'unknown' } }], { destination, at }))
        .catch((error: unknown) => log.failed('departures', error, studyId))
    }
  }
}
