import { join } from 'node:path'
import type { CommitmentReport } from '../dicom/commitment.js'
import type { Delivery } from '../domain/delivery.js'
import type { IsoTime, StudyId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { BackoffLimits } from '../platform/backoff.js'
import { resend } from './answers.js'
import type { Tally } from './board.js'
import { Commitments } from './commitments.js'
import type { CommitmentParts } from './commitments.js'
import { withdrawn } from './corrections.js'
import { DailyBytes } from './daily-bytes.js'
import { Departures, recallDepartures } from './departures.js'
import type { Destination } from './destination.js'
import { mayLeave, waitingFor } from './gate.js'
import type { Moment } from './gate.js'
import type { HeartbeatPace } from './heartbeats.js'
import { Heartbeats } from './heartbeats.js'
import { Overreads } from './inbound/overreads.js'
import type { OverreadPace } from './inbound/overreads.js'
import type { PriorHouse, PriorPace } from './inbound/priors.js'
import { Priors } from './inbound/priors.js'
import { DeliveryLane } from './lane.js'
import type { LaneParts } from './lane.js'
import { changeStudy, withDeliveries } from './ledger.js'
import { Link } from './link.js'
import { Pacer } from './pacer.js'
import { isToResend } from './person-tasks.js'
import { askDestination } from './test-destination.js'
import type { DestinationTest } from './test-destination.js'
import type { Transport, TransportKind } from './transports/transport.js'
import { Workbench } from './workbench.js'

export type RouteParts = Pick<LaneParts, 'store' | 'board' | 'documents' | 'clock' | 'log' | 'signal' | 'stale'> & {
  readonly stateFolder: string
  readonly kinds: readonly TransportKind[]
  readonly retry?: BackoffLimits
  readonly commitmentPace?: CommitmentParts['pace']
  readonly overreadPace?: OverreadPace
  readonly heartbeatPace?: HeartbeatPace
  /** Absent: earlier images are fetched from nowhere. */
  readonly priors?: PriorHouse
  readonly priorPace?: PriorPace
  /** Whether the way out is paid by its bytes. */
  readonly metered: () => boolean
}

/** A destination as pages and the API show it. */
export type DestinationStatus = Tally & {
  readonly id: string
  readonly kind: string
  readonly address: string
  readonly reachable: boolean
  readonly lastSuccessAt?: IsoTime
  /** Why nothing goes there now, why an object needs a person, or why there is no proof of one. */
  readonly problem?: Problem
  /** The term of the site that images wait for. */
  readonly waitingFor?: 'hours' | 'metered' | 'bytes' | 'name' | 'eye'
}

/** Everything about one destination: its link, its lanes, its proof. */
export class Route {
  readonly link: Link
  readonly commitments: Commitments | undefined
  readonly heartbeats: Heartbeats | undefined
  private readonly overreads: Overreads | undefined
  private readonly priors: Priors | undefined
  private readonly lanes: readonly DeliveryLane[]
  private readonly transport: Transport
  private readonly bytes: DailyBytes
  private readonly folder: string
  private readonly departures: Departures[] = []

  constructor(readonly destination: Destination, private readonly parts: RouteParts) {
    const { clock, log, signal, stateFolder, kinds, retry, commitmentPace, board } = parts
    const kind = kinds.find((one) => one.kind === destination.kind)
    if (!kind) throw new Error(`No transport of the kind ${destination.kind}.`)
    this.folder = join(stateFolder, destination.id)
    this.transport = kind.open(destination.options, { clock, stateFolder: this.folder, confirmed: (report) => this.commitments?.takeLater(report) })
    this.link = new Link(destination.id, this.transport, { clock, log, signal })
    this.bytes = new DailyBytes(clock)
    const pacer = new Pacer({ clock, signal, bytesPerSecond: destination.policy.bytesPerSecond })
    const inHand = new Set<string>()
    const common = { ...parts, inHand, destination, transport: this.transport, link: this.link, pacer, board }
    const workbench = new Workbench(common)
    const lane = (name: 'results' | 'bulk', more: Pick<LaneParts, 'isExtra' | 'isOfUse'> = {}) => new DeliveryLane(name, {
      ...common, ...more, workbench, departures: this.departuresOf(more.isExtra ? `${name}-2` : name), ...(retry ? { retry } : {}), left: (bytes) => this.bytes.add(bytes), freed: () => this.wake(), over: (lane) => this.lanes.forEach((one) => (one === lane ? one.wake() : one.handsFree())), crowded: () => this.lanes.forEach((one) => one.giveWay()), mayLeave: (item) => mayLeave(destination.policy, item, this.moment())
    })
    this.lanes = [lane('results'), lane('bulk'), lane('bulk', { isExtra: true, isOfUse: () => this.link.isFast })]
    this.overreads = destination.overreads !== false && !destination.deidentified && this.transport.reports ? new Overreads({ ...common, ...(parts.overreadPace ? { pace: parts.overreadPace } : {}) }) : undefined
    this.priors = this.priorsOf()
    this.heartbeats = this.transport.beat && new Heartbeats({
      ...common, beat: this.transport.beat, moved: (bytes) => this.bytes.add(bytes), isOpen: () => waitingFor(destination.policy, this.moment()) === undefined, mayLeave: (item) => mayLeave(destination.policy, item, this.moment())
    })
    this.commitments = (destination.commitment || !kind.archives) && this.transport.confirm ? new Commitments({ ...common, ...(commitmentPace ? { pace: commitmentPace } : {}) }) : undefined
  }

  private departuresOf(lane: string): Departures {
    const departures = new Departures(join(this.folder, `on-the-way-${lane}.json`))
    this.departures.push(departures)
    return departures
  }

  /** To be called before anything is planned. */
  recall(): Promise<void> {
    return recallDepartures(this.departures, { ...this.parts, destination: this.destination })
  }

  async run(): Promise<void> {
    const { destination, lanes } = this
    if (destination.policy.bytesPerDay !== undefined) await this.bytes.remember(this.folder)
    await Promise.all([...lanes.map((lane) => lane.run()), ...[this.commitments, this.overreads, this.priors, this.heartbeats].map((one) => one?.run())])
  }

  private priorsOf(): Priors | undefined {
    const { destination, parts: { priors: house, priorPace: pace, board, store, clock, log, signal }, transport: { priors: way } } = this
    if (!house || !way || destination.deidentified || !destination.priors) return undefined
    const isFree = (): boolean => this.link.isUp && !this.link.isNarrow && board.outstanding(destination.id).length === 0 && waitingFor(destination.policy, this.moment()) === undefined
    return new Priors({ destination, way, house, store, clock, log, signal, isFree, moved: (bytes) => this.bytes.add(bytes), ...(pace ? { pace } : {}) })
  }

  wake(): void {
    for (const lane of this.lanes) lane.wake()
  }

  /** "Send now": no waiting for the next try. */
  hurry(): void {
    this.link.hurry()
    this.commitments?.hurry()
    for (const lane of this.lanes) lane.release()
  }

  /** Another destination's promise is none of ours: only answers to questions of our own count. */
  async reported({ transactionUid, committed, failed }: CommitmentReport): Promise<void> {
    if (await this.transport.asked?.(transactionUid)) this.commitments?.takeLater({ committed, missing: failed, proof: 'commitment' })
  }

  test(): Promise<DestinationTest> {
    return askDestination(this.destination, this.transport)
  }

  /**
   * Of one study what needs a person is tried anew, and what needed correction is taken for corrected. Without one, what needs a person of all studies is tried anew: nobody
   * said of which the destination was put right, so those wait. Resolves with how many objects.
   */
  async resend(studyId?: StudyId): Promise<number> {
    const { board, clock } = this.parts
    const at = clock.now().toISOString()
    const { id } = this.destination
    const isMeant = studyId === undefined ? isToResend : ({ state }: Delivery) => state === 'needs-person' || state === 'needs-correction'
    let objects = 0
    const again = (one: Delivery): Delivery => {
      if (one.destination !== id || !isMeant(one)) return one
      objects += 1
      return one.state === 'needs-correction' ? withdrawn(one, at) : resend(one, at)
    }
    for (const study of studyId === undefined ? board.toResend(id) : [studyId]) await changeStudy(this.parts, study, `delivery.resend.${id}`, (now) => withDeliveries(now, again))
    this.hurry()
    return objects
  }

  status(): DestinationStatus {
    const { destination: { id, kind }, transport, link } = this
    const { board } = this.parts
    const problem = link.problem ?? board.problem(id) ?? this.commitments?.problem
    const waits = this.waits()
    const lastSuccessAt = link.lastSuccessAt ?? board.lastAcceptedAt(id)
    return {
      id, kind, address: transport.address, ...board.tally(id), reachable: link.isUp, ...(lastSuccessAt ? { lastSuccessAt } : {}), ...(problem ? { problem } : {}), ...(waits ? { waitingFor: waits } : {})
    }
  }

  /** The term of the site that holds most of it back; a name only where nothing else is left to go. */
  private waits(): DestinationStatus['waitingFor'] {
    const { destination: { id, policy } } = this
    const moment = this.moment()
    const term = waitingFor(policy, moment)
    if (term) return term
    const outstanding = this.parts.board.outstanding(id)
    if (outstanding.length === 0 || outstanding.some((item) => mayLeave(policy, item, moment))) return undefined
    return outstanding.every(({ isEyeAsked }) => isEyeAsked) ? 'eye' : 'name'
  }

  private moment(): Moment {
    const now = this.parts.clock.now()
    return { minuteOfDay: now.getHours() * 60 + now.getMinutes(), metered: this.parts.metered(), bytesToday: this.bytes.today, nowMs: now.getTime() }
  }
}
