import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedError, NotFoundError, RevisionConflictError } from '../domain/errors.js'
import type { PatientId } from '../domain/ids.js'
import { PATIENT_ID_PATTERN } from '../domain/ids.js'
import type { Patient, PatientEvent, SaidOn } from '../domain/patient.js'
import { AGE_CORRECTED, ageYearsOn } from '../domain/patient.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { BootTime } from '../domain/study.js'
import { err, ok } from '../domain/result.js'
import type { Clock } from '../platform/clock.js'
import { makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import { JsonDocument, renderDocument } from '../store/durable-document.js'
import type { NearDuplicate } from './near-duplicates.js'
import { nearDuplicates } from './near-duplicates.js'
import type { PatientInput } from './new-patient.js'
import { asSaidBefore, checkPatient } from './new-patient.js'
import { compactNumber } from './normalise.js'
import type { Indexed } from './search.js'
import { indexPatient, searchPatients } from './search.js'

export type { PatientInput } from './new-patient.js'
export type { NearDuplicate } from './near-duplicates.js'

/** Who changes a record, what happened to it, and the revision they saw. */
export type PatientChange = { readonly by: string; readonly event: PatientEvent['event']; readonly detail?: string; readonly expectedRevision?: number }

/** `uncertainTime`: when it is by the boot, while nobody can vouch for the clock. */
export type RegistryOptions = { readonly folder: string; readonly clock: Clock; readonly uncertainTime?: () => BootTime | undefined }

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const READERS = 32
const newPatientId = (): PatientId => `P-${Array.from(randomBytes(8), (byte) => ALPHABET[byte & 31]).join('')}`

/** Registered people: one durable document each in `<data>/patients/<id>.json`, all of them in memory for search. */
export class PatientRegistry {
  private readonly entries = new Map<PatientId, Indexed>()
  private readonly damaged = new Set<PatientId>()
  private readonly queue = new KeyedQueue()
  private readonly listeners = new Set<(id: PatientId) => void>()

  private constructor(private readonly folder: string, private readonly clock: Clock, private readonly uncertainTime: () => BootTime | undefined) {}

  /** Reads every document; a damaged one costs that person only (`damagedIds`). */
  static async open(options: RegistryOptions): Promise<PatientRegistry> {
    await makeDirectoryDurable(options.folder)
    const registry = new PatientRegistry(options.folder, options.clock, options.uncertainTime ?? (() => undefined))
    const ids = (await readdir(options.folder)).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5))
      .filter((id) => PATIENT_ID_PATTERN.test(id))
    const queue = ids.values()
    await Promise.all(Array.from({ length: READERS }, async () => {
      for (const id of queue) await registry.load(id)
    }))
    return registry
  }

  /**
   * A new person, durable on return; a rule that says no comes back as a problem with its field.
   * @throws StoreFullError
   */
  async register(input: PatientInput, by: string): Promise<Result<Patient, Problem>> {
    const now = this.clock.now().toISOString()
    const facts = checkPatient(input, now, this.today())
    if (!facts.ok) return facts
    const patient: Patient = { id: this.freeId(), revision: 1, registeredAt: now, registeredBy: by, ...facts.value }
    await (await this.document(patient)).change(() => patient)
    this.entries.set(patient.id, indexPatient(patient))
    return ok(patient)
  }

  /** The day on which something is said now. */
  today(): SaidOn {
    const clock = this.uncertainTime()
    return { onDate: this.clock.now().toISOString().slice(0, 10), ...(clock ? { clock } : {}) }
  }

  /** @throws NotFoundError, DamagedError */
  get(id: PatientId): Patient {
    const entry = this.entries.get(id)
    if (entry) return entry.patient
    if (this.damaged.has(id)) throw new DamagedError(`The document of patient ${id} is damaged. Restore it from a backup.`)
    throw new NotFoundError('There is no such patient. Search again, or register the person.')
  }

  /** The person of that id; of a record that was merged, the one that it was merged into. */
  find(id: PatientId): Patient | undefined {
    const patient = this.entries.get(id)?.patient
    return patient?.merged ? this.find(patient.merged.into) : patient
  }

  /** Records that were merged into this one. */
  mergedInto(id: PatientId): Patient[] {
    return this.merged().filter(({ merged }) => merged?.into === id)
  }

  /** By name in any script (case and accents do not matter), village, identifier, phone or our id; the newest for an empty text. What a merged record says finds the person too. */
  search(text: string, limit = 20): Patient[] {
    const found = searchPatients(this.entries.values(), text.slice(0, 200), limit * 2).flatMap(({ id }) => this.find(id) ?? [])
    return [...new Map(found.map((patient) => [patient.id, patient])).values()].slice(0, limit)
  }

  /** The one person who has this number of the clinic (spaces, dashes and case aside), by a record that was merged too; undefined for nobody and for several. */
  findByIdentifier(identifier: string): Patient | undefined {
    const wanted = compactNumber(identifier)
    if (wanted === '') return undefined
    const found = [...this.entries.values()].filter(({ patient, numbers }) => numbers.includes(wanted) && compactNumber(patient.identifier ?? '') === wanted)
    const people = new Set(found.flatMap(({ patient }) => this.find(patient.id) ?? []))
    return people.size === 1 ? [...people][0] : undefined
  }

  /** Who may be the same person as the one about to be registered: a warning to show, not a refusal. */
  nearDuplicates(input: PatientInput, except?: PatientId): NearDuplicate[] {
    const facts = checkPatient(input, this.clock.now().toISOString(), this.today())
    if (!facts.ok) return []
    const found = nearDuplicates(this.entries.values(), facts.value).flatMap((near) => {
      const patient = this.find(near.patient.id)
      return patient && patient.id !== except ? [{ ...near, patient }] : []
    })
    return [...new Map(found.toReversed().map((near) => [near.patient.id, near])).values()].toReversed()
  }

  /**
   * All facts replaced by the input, one revision more; what the form does not ask stays, and so does the day on which an age or a pregnancy was said that the input repeats.
   * @throws NotFoundError, RevisionConflictError, StoreFullError
   */
  async update(id: PatientId, input: PatientInput, options: { expectedRevision?: number; by?: string } = {}): Promise<Result<Patient, Problem>> {
    const now = this.clock.now().toISOString()
    const facts = checkPatient(input, now, this.today())
    if (!facts.ok) return err(facts.error)
    const { by = 'unknown', expectedRevision } = options
    const { birthDate } = this.get(id)
    const age = facts.value.birthDate === birthDate && ageYearsOn(facts.value, now) === ageYearsOn(this.get(id), now) ? {} : { detail: AGE_CORRECTED }
    return ok(await this.change(id, { by, event: 'changed', ...age, ...(expectedRevision === undefined ? {} : { expectedRevision }) }, (before) => {
      const { registeredAt, registeredBy, eyeExcuses, merged, history } = before
      return { id, revision: 0, registeredAt, registeredBy, ...asSaidBefore(facts.value, before, now), ...(eyeExcuses ? { eyeExcuses } : {}), ...(merged ? { merged } : {}), ...(history ? { history } : {}) }
    }))
  }

  /**
   * One change at a time per record; revision and history are added here. What `next` throws is thrown, and nothing is changed.
   * @throws NotFoundError, DamagedError, RevisionConflictError, StoreFullError
   */
  change(id: PatientId, { expectedRevision, ...change }: PatientChange, next: (patient: Patient) => Patient): Promise<Patient> {
    return this.queue.run(id, async () => {
      const current = this.get(id)
      if (expectedRevision !== undefined && expectedRevision !== current.revision) throw new RevisionConflictError(current.revision)
      const changed = next(current)
      const patient: Patient = { ...changed, revision: current.revision + 1, history: [...(changed.history ?? []), { at: this.clock.now().toISOString(), ...change }] }
      await (await this.document(patient)).change(() => patient)
      this.entries.set(id, indexPatient(patient))
      for (const listener of this.listeners) listener(id)
      return patient
    })
  }

  /** Writes the record again as memory has it, since its file was found damaged; false when it is not known. */
  rewrite(id: PatientId): Promise<boolean> {
    return this.queue.run(id, async () => {
      const patient = this.entries.get(id)?.patient
      if (patient) await writeFileDurable(join(this.folder, `${id}.json`), renderDocument(patient))
      return patient !== undefined
    })
  }

  /** Told of each record that changed, after it is durable. */
  subscribe(listener: (id: PatientId) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Every record, merged or not. */
  all(): Patient[] { return [...this.entries.values()].map(({ patient }) => patient) }

  /** Every record that was merged into another. */
  merged(): Patient[] { return this.all().filter(({ merged }) => merged !== undefined) }

  get count(): number { return this.entries.size }

  get damagedIds(): PatientId[] { return [...this.damaged] }

  private document(patient: Patient): Promise<JsonDocument<Patient>> {
    return JsonDocument.open(join(this.folder, `${patient.id}.json`), patient)
  }

  private async load(id: PatientId): Promise<void> {
    try {
      const { data } = await JsonDocument.open<Patient | null>(join(this.folder, `${id}.json`), null)
      if (data) this.entries.set(id, indexPatient(data))
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error
      this.damaged.add(id)
    }
  }

  private freeId(): PatientId {
    const id = newPatientId()
    return this.entries.has(id) || this.damaged.has(id) ? this.freeId() : id
  }
}
