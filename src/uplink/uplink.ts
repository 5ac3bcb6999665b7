import type { CommitmentReport } from '../dicom/commitment.js'
import type { PatientId, StudyId } from '../domain/ids.js'
import type { Log } from '../platform/log.js'
import { Board } from './board.js'
import type { Destination } from './destination.js'
import type { PersonTasks } from './person-tasks.js'
import { Planner } from './planner.js'
import { Route } from './route.js'
import type { DestinationStatus, RouteParts } from './route.js'
import type { DestinationTest } from './test-destination.js'
import { transportKinds } from './transports/registry.js'
import { uplinkLog } from './uplink-log.js'

export type { DestinationStatus } from './route.js'

export type UplinkOptions = Pick<RouteParts, 'store' | 'documents' | 'clock' | 'retry' | 'commitmentPace' | 'overreadPace' | 'heartbeatPace'> & Partial<Pick<RouteParts, 'kinds' | 'metered' | 'priors' | 'priorPace'>> & {
  readonly destinations: readonly Destination[]
  /** Where transports remember what they must, a folder each. */
  readonly stateFolder: string
  /** Another version may make other objects of the same studies. */
  readonly softwareVersion?: string
  readonly log: Log
}

export type Uplink = AsyncDisposable & {
  status(): readonly DestinationStatus[]
  /** Whether `status` counts every study: what is to leave is planned one study after the other. */
  isPlanned(): boolean
  /** A report that came on an association of the destination's own. */
  committed(report: CommitmentReport): void
  /** The record of a registered person changed. */
  patientChanged(id: PatientId): void
  /** "Send now": the next try comes at once, everywhere. */
  hurry(): void
  /** How the box is, for whoever takes it: goes when the line is free, and only the newest. */
  beat(heartbeat: string): void
  /** Tries anew what needs a person, of all studies or of one, of which a person says too that it was put right there; undefined when there is no such destination. */
  resend(destination: string, studyId?: StudyId): Promise<number | undefined>
  /** What waits for a person; undefined when there is no such destination. */
  toDo(destination: string): PersonTasks | undefined
  /** Asks a destination whether it answers and what it would take. */
  test(destination: string): Promise<DestinationTest | undefined>
}

/**
 * Brings every reportable study to every destination. What is to be sent stands in the study documents: those that are not over are read again at each start, so
 * that nothing is resumed and nothing forgotten. With no destinations it does nothing at all.
 */
export function startUplink({ destinations, log: given, kinds = transportKinds, metered = () => false, softwareVersion = '', ...options }: UplinkOptions): Uplink {
  const stop = new AbortController()
  const log = uplinkLog(given)
  const board = new Board(destinations.map(({ id }) => id))
  const common = { ...options, board, log, signal: stop.signal, kinds, metered }
  const routes = destinations.map((destination) => new Route(destination, { ...common, stale: ({ studyId }) => planner.look(studyId) }))
  const planner = new Planner({ ...common, destinations, softwareVersion, planned: () => routes.forEach((route) => route.wake()) })
  const idle = routes.length === 0
  const unsubscribe = idle ? () => undefined : options.store.subscribe(({ id }) => planner.look(id))
  const recalled = Promise.all(routes.map((route) => route.recall()))
  let hasBegun = idle
  const begin = (): Promise<unknown> => {
    const all = [planner.run(), ...routes.map((route) => route.run())]
    hasBegun = true
    return Promise.all(all)
  }
  const running = idle ? Promise.resolve() : recalled.then(begin)
  const routeTo = (id: string): Route | undefined => routes.find(({ destination }) => destination.id === id)
  return {
    status: () => routes.map((route) => route.status()),
    isPlanned: () => hasBegun && planner.isDone,
    committed: (report) => routes.forEach((route) => void route.reported(report)),
    patientChanged: (id) => { if (!idle) planner.lookAtPatient(id) },
    hurry: () => routes.forEach((route) => route.hurry()),
    beat: (heartbeat) => routes.forEach((route) => route.heartbeats?.offer(heartbeat)),
    toDo: (id) => routeTo(id) && board.toDo(id),
    resend: async (id, studyId) => routeTo(id)?.resend(studyId),
    test: async (id) => routeTo(id)?.test(),
    async [Symbol.asyncDispose]() {
      unsubscribe()
      stop.abort()
      planner.wake()
      await running
    }
  }
}
