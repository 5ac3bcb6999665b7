import type { PatientId, StudyId } from '../domain/ids.js'
import type { Clock } from '../platform/clock.js'
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
}

/** Looks at each study once after a start, most urgent first, and at each that changes; one at a time, so that readings are not slowed. */
export class Planner {
  private readonly waiting = new Set<StudyId>()
  private wakeUp: () => void = () => undefined
  private planning = false

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
    for (const id of studiesOf(this.parts.store, {})) this.waiting.add(id)
    while (!signal.aborted) {
      const [id] = this.waiting
      if (id === undefined) {
        await new Promise<void>((resolve) => { this.wakeUp = resolve })
        continue
      }
      this.planning = true
      this.waiting.delete(id)
      await this.plan(id).catch((error: unknown) => log.failed('plan', error, id))
      this.planning = false
    }
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

function studiesOf(store: StudyStore, of: { readonly patientId?: PatientId }): StudyId[] {
  const ids: StudyId[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const page = store.list({ order: 'urgency', limit: PAGE, ...of, ...(cursor === undefined ? {} : { cursor }) })
    ids.push(...page.studies.map(({ id }) => id))
    cursor = page.next
    more = cursor !== undefined
  }
  return ids
}
