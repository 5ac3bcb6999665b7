import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSettled } from '../domain/delivery.js'
import type { PatientId, StudyId } from '../domain/ids.js'
import type { StudySummary } from '../domain/study.js'
import type { Clock } from '../platform/clock.js'
import { makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { StudyStore } from '../store/study-store.js'
import type { Board } from './board.js'
import type { Destination, Documents } from './destination.js'
import { changeStudy } from './ledger.js'
import { planDeliveries } from './plan.js'
import type { UplinkLog } from './uplink-log.js'

export type PlannerParts = {
  readonly destinations: readonly Destination[]
  readonly store: StudyStore
  readonly documents: Documents
  readonly board: Board
  readonly clock: Clock
  readonly log: UplinkLog
  readonly signal: AbortSignal
  planned(): void
  /** Where it is written down for which destinations and version every study was planned. */
  readonly stateFolder: string
  readonly softwareVersion: string
}

const PLANNED = 'planned'

/** Looks at each study that is not over once after a start, most urgent first, and at each that changes; one at a time, so that readings are not slowed. */
export class Planner {
  private readonly waiting = new Set<StudyId>()
  private wakeUp: () => void = () => undefined
  private planning = false
  private hasFailed = false
  private isNoted = false

  constructor(private readonly parts: PlannerParts) {}

  /** Every study was looked at since it last changed. */
  get isDone(): boolean {
    return this.waiting.size === 0 && !this.planning
  }

  look(id: StudyId): void {
    this.waiting.add(id)
    this.wakeUp()
  }

  /** The person is written otherwise now: so is whatever left under the name. */
  lookAtPatient(patientId: PatientId): void {
    for (const id of studiesOf(this.parts.store, { patientId })) this.look(id)
  }

  wake(): void {
    this.wakeUp()
  }

  async run(): Promise<void> {
    const { signal, log } = this.parts
    await this.begin()
    while (!signal.aborted) {
      const [id] = this.waiting
      if (id === undefined) {
        await this.noteDone()
        // It may have been stopped while that was noted, and nobody wakes it any more.
        if (this.waiting.size === 0 && !signal.aborted) await new Promise<void>((resolve) => { this.wakeUp = resolve })
        continue
      }
      this.planning = true
      this.waiting.delete(id)
      await this.plan(id).catch((error: unknown) => {
        this.hasFailed = true
        log.failed('plan', error, id)
      })
      this.planning = false
    }
  }

  /** Nothing of a settled study is read again while destinations, version and person are what they were: there may be a hundred thousand. */
  private async begin(): Promise<void> {
    const { stateFolder, store, board, destinations, documents } = this.parts
    this.planning = true
    this.isNoted = (await readFile(join(stateFolder, PLANNED), 'utf8').catch(() => '')).trim() === this.key()
    const asked = destinations.filter(({ commitment }) => commitment).map(({ id }) => id)
    for (const summary of summariesOf(store, {})) {
      const settled = this.isNoted && summary.settled !== undefined ? readSettled(summary.settled) : undefined
      const hash = settled && documents.identityHashOf?.(summary)
      const isOver = settled?.to.every(({ destination, accepted }) => accepted === 0 || !asked.includes(destination)) && (hash === undefined || settled.isOf(hash))
      if (isOver) board.putSettled(summary.id, settled!.to)
      else this.waiting.add(summary.id)
    }
    this.planning = false
    this.parts.planned()
  }

  private async noteDone(): Promise<void> {
    const { stateFolder, log } = this.parts
    if (this.isNoted || this.hasFailed) return
    this.isNoted = true
    await makeDirectoryDurable(stateFolder).then(() => writeFileDurable(join(stateFolder, PLANNED), `${this.key()}\n`)).catch((error: unknown) => log.failed('note', error))
  }

  /** What of the site decides which objects there are. */
  private key(): string {
    const { destinations, softwareVersion } = this.parts
    const said = destinations.map(({ id, kind, send, deidentified, onCorrection }) => [id, kind, send, deidentified, onCorrection])
    return createHash('sha256').update(JSON.stringify([softwareVersion, said])).digest('hex')
  }

  private async plan(id: StudyId): Promise<void> {
    const { store, board, documents, destinations, clock } = this.parts
    const at = clock.now().toISOString()
    const study = await store.read(id)
    const description = documents.describe(study)
    if (description && planDeliveries(study, description, destinations, at)) {
      await changeStudy(this.parts, id, 'delivery.planned', (now) => {
        const said = documents.describe(now)
        return said && planDeliveries(now, said, destinations, at)
      })
    } else board.put(study)
    this.parts.planned()
  }
}

const PAGE = 200

const studiesOf = (store: StudyStore, of: { readonly patientId?: PatientId }): StudyId[] => summariesOf(store, of).map(({ id }) => id)

function summariesOf(store: StudyStore, of: { readonly patientId?: PatientId }): StudySummary[] {
  const all: StudySummary[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const page = store.list({ order: 'urgency', limit: PAGE, ...of, ...(cursor === undefined ? {} : { cursor }) })
    all.push(...page.studies)
    cursor = page.next
    more = cursor !== undefined
  }
  return all
}
