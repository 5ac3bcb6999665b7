import { join } from 'node:path'
import type { CommitmentReport } from '../dicom/commitment.js'
import type { IsoTime, StudyId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { BackoffLimits } from '../platform/backoff.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import type { StudyStore } from '../store/study-store.js'
import { Board } from './board.js'
import type { Tally } from './board.js'
import { Commitments } from './commitments.js'
import type { CommitmentParts } from './commitments.js'
import type { Destination, Documents } from './destination.js'
import { DeliveryLane } from './lane.js'
import { changeStudy } from './ledger.js'
import { Link } from './link.js'
import { planDeliveries } from './plan.js'
import { transportKinds } from './transports/registry.js'
import type { Transport, TransportKind } from './transports/transport.js'
import { uplinkLog } from './uplink-log.js'
import type { UplinkLog } from './uplink-log.js'

export type UplinkOptions = {
  readonly destinations: readonly Destination[]
  /** Where transports remember what they must, a folder each. */
  readonly stateFolder: string
  readonly kinds?: readonly TransportKind[]
  readonly store: StudyStore
  readonly documents: Documents
  readonly clock: Clock
  readonly log: Log
  /** How long one refused object is left in peace. */
  readonly retry?: BackoffLimits
  readonly commitmentPace?: CommitmentParts['pace']
}

/** A destination as pages and the API show it. */
export type DestinationStatus = Tally & {
  readonly id: string
  readonly kind: string
  readonly address: string
  readonly reachable: boolean
  readonly lastSuccessAt?: IsoTime
  /** Why nothing goes there now, or why an object needs a person. */
  readonly problem?: Problem
}

export type Uplink = AsyncDisposable & {
  status(): readonly DestinationStatus[]
  /** A report that came on an association of the destination's own. */
  committed(report: CommitmentReport): void
}

type Route = { readonly destination: Destination; readonly transport: Transport; readonly link: Link; readonly lanes: readonly DeliveryLane[]; readonly commitments: Commitments | undefined }

/**
 * Brings every reportable study to every destination. What is to be sent stands in the study documents: they are read again at each start, so
 * that nothing is resumed and nothing forgotten. With no destinations it does nothing at all.
 */
export function startUplink(options: UplinkOptions): Uplink {
  const stop = new AbortController()
  const log = uplinkLog(options.log)
  const board = new Board(options.destinations.map(({ id }) => id))
  const routes = options.destinations.map((destination) => routeTo(destination, { ...options, log, board, signal: stop.signal }))
  const planner = new Planner({ ...options, log, board, signal: stop.signal, planned: () => routes.forEach(({ lanes }) => lanes.forEach((lane) => lane.wake())) })
  const idle = routes.length === 0
  const unsubscribe = idle ? () => undefined : options.store.subscribe(({ id }) => planner.look(id))
  const running = idle ? [] : [planner.run(), ...routes.flatMap(({ lanes, commitments }) => [...lanes.map((lane) => lane.run()), ...(commitments ? [commitments.run()] : [])])]
  return {
    status: () => routes.map((route) => statusOf(route, board)),
    committed: ({ committed, failed }) => routes.forEach(({ commitments }) => commitments?.takeLater({ committed, missing: failed, proof: 'commitment' })),
    async [Symbol.asyncDispose]() {
      unsubscribe()
      stop.abort()
      planner.wake()
      await Promise.all(running)
    }
  }
}

type RouteParts = Omit<UplinkOptions, 'log'> & { readonly log: UplinkLog; readonly board: Board; readonly signal: AbortSignal }

function routeTo(destination: Destination, { store, documents, clock, log, board, signal, retry, commitmentPace, stateFolder, kinds = transportKinds }: RouteParts): Route {
  const kind = kinds.find((one) => one.kind === destination.kind)
  if (!kind) throw new Error(`No transport of the kind ${destination.kind}.`)
  const transport = kind.open(destination.options, { clock, stateFolder: join(stateFolder, destination.id), confirmed: (report) => commitments?.takeLater(report) })
  const link = new Link(destination.id, transport, { clock, log, signal })
  const parts = { destination, transport, store, board, link, clock, log, signal }
  const lane = (name: 'results' | 'bulk') => new DeliveryLane(name, { ...parts, documents, ...(retry ? { retry } : {}), accepted: () => undefined })
  const commitments = destination.commitment && transport.confirm ? new Commitments({ ...parts, ...(commitmentPace ? { pace: commitmentPace } : {}) }) : undefined
  return { destination, transport, link, lanes: [lane('results'), lane('bulk')], commitments }
}

function statusOf({ destination: { id, kind }, transport, link }: Route, board: Board): DestinationStatus {
  const problem = link.problem ?? board.problem(id)
  return { id, kind, address: transport.address, ...board.tally(id), reachable: link.isUp, ...(link.lastSuccessAt ? { lastSuccessAt: link.lastSuccessAt } : {}), ...(problem ? { problem } : {}) }
}

type PlannerParts = RouteParts & { planned(): void }

/** Looks at each study once after a start, most urgent first, and at each that changes; one at a time, so that readings are not slowed. */
class Planner {
  private readonly waiting = new Set<StudyId>()
  private wakeUp: () => void = () => undefined

  constructor(private readonly parts: PlannerParts) {}

  look(id: StudyId): void {
    this.waiting.add(id)
    this.wakeUp()
  }

  wake(): void {
    this.wakeUp()
  }

  async run(): Promise<void> {
    const { signal, log } = this.parts
    for (const id of allStudies(this.parts.store)) this.waiting.add(id)
    while (!signal.aborted) {
      const [id] = this.waiting
      if (id === undefined) {
        await new Promise<void>((resolve) => { this.wakeUp = resolve })
        continue
      }
      this.waiting.delete(id)
      await this.plan(id).catch((error: unknown) => log.failed('plan', error, id))
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

function allStudies(store: StudyStore): StudyId[] {
  const ids: StudyId[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const page = store.list({ order: 'urgency', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
    ids.push(...page.studies.map(({ id }) => id))
    cursor = page.next
    more = cursor !== undefined
  }
  return ids
}
