import { randomBytes } from 'node:crypto'
import { NotFoundError } from '../domain/errors.js'
import type { PatientId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { HoldingVisit, StationId, Take, Visit, VisitId } from '../domain/visit.js'
import { stationOf } from '../domain/visit.js'
import { claimOf, closeVisit, holdStation, noteDeviceNumber, recordStep, releaseStation } from '../domain/visit-changes.js'
import type { PerformedStep } from '../domain/worklist.js'
import type { Clock } from '../platform/clock.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import type { Log } from '../platform/log.js'
import type { PatientRegistry } from './patients.js'
import type { Holder } from './visits-claims.js'
import { Claims, holdingOf } from './visits-claims.js'
import { VisitFiles } from './visits-files.js'
import { SeenStations } from './visits-stations.js'
import { isForgotten } from './visits-forgotten.js'

export type VisitOptions = { readonly folder: string; readonly clock: Clock; readonly log: Log; readonly clockTrusted: () => boolean; readonly patients: Pick<PatientRegistry, 'find'> }

/** `takeOver`: the nurse was told who has it and takes it all the same. */
export type HoldInput = { readonly station: StationId; readonly take?: Take; readonly takeOver?: boolean }

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const newVisitId = (now: string): VisitId => `V-${now.slice(0, 10).replaceAll('-', '')}-${Array.from(randomBytes(8), (byte) => ALPHABET[byte & 31]).join('')}`
const dayMs = 24 * 3_600_000
const newestFirst = (a: Visit, b: Visit): number => (a.openedAt < b.openedAt ? 1 : -1)

/** Who is being examined, with what, and by whom. Open visits are in memory; what a method returned is durable. Changes run one at a time. */
export class Visits {
  readonly #open = new Map<VisitId, Visit>()
  /** Closed, and opened today or yesterday: devices report late. */
  readonly #recent = new Map<VisitId, Visit>()
  /** When each was last written in this run, by the monotonic clock: setting the clock closes no visit in use. */
  readonly #writtenMs = new Map<VisitId, number>()
  readonly #queue = new KeyedQueue()
  readonly #listeners = new Set<(id: VisitId) => void>()
  readonly #claims: Claims
  private constructor(private readonly options: VisitOptions, private readonly files: VisitFiles, /** Senders that images came from, this time and before. */ readonly stations: SeenStations) {
    this.#claims = new Claims(options.clock)
  }

  static async open(options: VisitOptions): Promise<Visits> {
    const files = await VisitFiles.open(options.folder, options.log)
    const visits = new Visits(options, files, await SeenStations.open(options.folder))
    const nowMs = options.clock.now().getTime()
    const days = [nowMs, nowMs - dayMs].map((at) => new Date(at).toISOString().slice(0, 10).replaceAll('-', ''))
    for (const visit of await files.loadOpen()) visits.#open.set(visit.id, visit)
    for (const visit of await files.loadClosed(days)) visits.#recent.set(visit.id, visit)
    visits.#claims.restore(visits.#open.values(), options.clockTrusted())
    return visits
  }

  /** Newest first. */
  openVisits(): Visit[] { return [...this.#open.values()].sort(newestFirst) }

  /** Open ones and those of today and yesterday, newest first. */
  recentVisits(): Visit[] { return [...this.#open.values(), ...this.#recent.values()].sort(newestFirst) }

  /** Merged records are one person. */
  openVisitOf(patientId: PatientId): Visit | undefined {
    const whose = this.#person(patientId)
    return this.openVisits().find((visit) => this.#person(visit.patientId) === whose)
  }

  /** @throws NotFoundError, DamagedError */
  async read(id: VisitId): Promise<Visit> { return this.#open.get(id) ?? this.#recent.get(id) ?? this.files.read(id) }

  /** Which open visit has the station now; a claim that lapsed counts for nothing. */
  holderOf(station: StationId): Holder | undefined { return this.#claims.holderOf(this.#open.values(), station) }

  holding(station: StationId): HoldingVisit | undefined {
    const holder = this.holderOf(station)
    return holder && holdingOf(holder)
  }

  /** Whether what arrives from the station now would be attached to this visit. */
  holds(id: VisitId, station: StationId): boolean { return this.holderOf(station)?.visit.id === id }

  /** The person's open visit, or a new one. @throws NotFoundError (patient), StoreFullError */
  start(input: { readonly patientId: PatientId; readonly programme?: string }, by: string): Promise<Visit> {
    return this.#queue.run('', async () => {
      await this.#closeForgotten()
      return this.openVisitOf(input.patientId) ?? this.#start(input, by)
    })
  }

  /** One station is in one open visit: who has it already is told (`station-held`), unless it is taken over. @throws NotFoundError, StoreFullError */
  hold(id: VisitId, input: HoldInput, by: string): Promise<Result<Visit, Problem>> {
    const { station, take, takeOver = false } = input
    return this.#queue.run('', async () => {
      const visit = this.#requireOpen(id)
      const holder = this.holderOf(station)
      if (holder && holder.visit.id !== id && !takeOver) {
        return err(problem('station-held', `${station} is taken by ${holder.claim.by} for another visit. Ask them to let it go, or take it over.`))
      }
      for (const other of this.#open.values()) {
        if (other.id === id || !claimOf(other, station)) continue
        await this.#write(releaseStation(other, station))
        this.#claims.forget(other.id, station)
      }
      const usedAt = this.#now()
      const since = holder?.visit.id === id ? holder.claim.since ?? visit.openedAt : usedAt
      const held = await this.#write(holdStation(visit, { station, by, since, usedAt, ...(take ? { take } : {}) }))
      this.#claims.used(id, station)
      return ok(held)
    })
  }

  release(id: VisitId, station: StationId): Promise<Visit> {
    return this.#queue.run('', async () => {
      this.#claims.forget(id, station)
      return this.#write(releaseStation(this.#requireOpen(id), station))
    })
  }

  close(id: VisitId, by: string): Promise<Visit> {
    return this.#queue.run('', () => this.#close(this.#requireOpen(id), by))
  }

  /** An image of the visit came from the station: its claim is in use. Memory only; a restart counts from the nurse's last touch. */
  arrived(id: VisitId, station: StationId): void {
    if (this.#claims.isInForce(id, station)) this.#claims.used(id, station)
  }

  /** Durable on return; nothing is written for a number that is known. */
  noteNumber(id: VisitId, number: string): Promise<void> {
    return this.#queue.run('', async () => {
      const visit = this.#open.get(id) ?? this.#recent.get(id)
      if (visit && !visit.deviceNumbers.includes(number)) await this.#write(noteDeviceNumber(visit, number))
    })
  }

  /**
   * Whether the device used its own number for exactly one other person lately, merged records being one person. A number that several have is
   * one that nobody changes at the device: it says nothing.
   */
  usedForAnother(number: string, patientId: PatientId): boolean {
    const people = new Set(this.recentVisits().filter(({ deviceNumbers }) => deviceNumbers.includes(number)).map((visit) => this.#person(visit.patientId)))
    return people.size === 1 && !people.has(this.#person(patientId))
  }

  /** MPPS: the step is kept with the visit it belongs to; a step of somebody from the worklist without a visit opens one. Durable on return. */
  recordStep(step: PerformedStep): Promise<Visit | undefined> {
    return this.#queue.run('', async () => {
      const station = stationOf({ kind: 'dicom', deviceId: step.deviceId, callingAeTitle: step.callingAeTitle })
      const visit = this.#visitOfStep(step, station) ?? await this.#startByDevice(step, station)
      if (!visit) return undefined
      const next = recordStep(visit, step)
      return next === visit ? visit : this.#write(next)
    })
  }

  /** Writes the visit again as memory has it, since its file was found damaged; false when memory has not got it. */
  rewrite(id: VisitId): Promise<boolean> {
    return this.#queue.run('', async () => {
      const visit = this.#open.get(id) ?? this.#recent.get(id)
      if (visit) await this.files.rewrite(visit)
      return visit !== undefined
    })
  }

  /** Called with the id of each visit that changed. */
  subscribe(listener: (id: VisitId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #visitOfStep({ instanceUid, patientId }: PerformedStep, station: StationId): Visit | undefined {
    const known = this.recentVisits().find(({ steps }) => steps.some((step) => step.instanceUid === instanceUid))
    if (known) return known
    if (patientId !== undefined && this.options.patients.find(patientId)) return this.openVisitOf(patientId)
    return this.holderOf(station)?.visit
  }

  async #startByDevice({ patientId, status }: PerformedStep, station: StationId): Promise<Visit | undefined> {
    if (status !== 'in-progress' || patientId === undefined || !this.options.patients.find(patientId)) return undefined
    return this.#start({ patientId }, `device:${station}`)
  }

  async #start({ patientId, programme }: { readonly patientId: PatientId; readonly programme?: string }, by: string): Promise<Visit> {
    if (!this.options.patients.find(patientId)) throw new NotFoundError('There is no such patient. Search again, or register the person.')
    const openedAt = this.#now()
    return this.#write({
      formatVersion: 1, id: newVisitId(openedAt), revision: 0, patientId, openedBy: by, openedAt, timeUncertain: !this.options.clockTrusted(),
      ...(programme === undefined ? {} : { programme }), claims: [], steps: [], deviceNumbers: []
    })
  }

  #close(visit: Visit, by: string): Promise<Visit> {
    for (const { station } of visit.claims) this.#claims.forget(visit.id, station)
    return this.#write(closeVisit(visit, this.#now(), by))
  }

  async #closeForgotten(): Promise<void> {
    if (!this.options.clockTrusted()) return
    const nowMs = this.options.clock.now().getTime()
    for (const { id, openedAt } of this.#recent.values()) if ((this.#idleMs(id) ?? nowMs - Date.parse(openedAt)) > 2 * dayMs) this.#forget(id)
    for (const visit of this.#open.values()) if (isForgotten(visit, nowMs, this.#idleMs(visit.id))) await this.#close(visit, 'system')
  }

  #idleMs(id: VisitId): number | undefined {
    const writtenMs = this.#writtenMs.get(id)
    return writtenMs === undefined ? undefined : this.options.clock.monotonicMs() - writtenMs
  }

  #forget(id: VisitId): void {
    this.#recent.delete(id)
    this.#writtenMs.delete(id)
  }

  /** Memory follows the disk. */
  async #write(next: Visit): Promise<Visit> {
    const visit = { ...next, revision: next.revision + 1 }
    const wasOpen = this.#open.has(visit.id) || visit.closedAt === undefined
    await this.files.write(visit, wasOpen)
    const closed = visit.closedAt !== undefined
    this.#open.delete(visit.id)
    ;(closed ? this.#recent : this.#open).set(visit.id, visit)
    this.#writtenMs.set(visit.id, this.options.clock.monotonicMs())
    for (const listener of this.#listeners) listener(visit.id)
    return visit
  }

  #requireOpen(id: VisitId): Visit {
    const visit = this.#open.get(id)
    if (!visit) throw new NotFoundError('This visit is closed. Open a new one for the patient.')
    return visit
  }

  #person(id: PatientId): PatientId { return this.options.patients.find(id)?.id ?? id }

  #now(): string { return this.options.clock.now().toISOString() }
}
