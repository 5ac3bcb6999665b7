import { rm } from 'node:fs/promises'
import type { Arrival, Deliver, Receipt } from '../domain/arrival.js'
import { StoreFullError } from '../domain/errors.js'
import type { StudyId } from '../domain/ids.js'
import type { ContentKind } from '../domain/image-content.js'
import type { DicomFacts } from '../domain/image-content.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { err, ok } from '../domain/result.js'
import { asFilmPhoto } from '../domain/study-changes.js'
import { bytesOf, SAME_UID } from '../domain/study.js'
import type { BootTime, Study } from '../domain/study.js'
import type { Belonging } from '../domain/visit.js'
import type { Clock } from '../platform/clock.js'
import type { Fingerprint } from '../platform/fingerprint.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import type { Log } from '../platform/log.js'
import { checkObject } from '../store/check-object.js'
import { rebuildStudy } from '../store/rebuild-study.js'
import type { Replacement } from '../store/restore-object.js'
import { placeObject, restoreObject } from '../store/restore-object.js'
import type { StudyStore } from '../store/study-store.js'
import { fingerprintFile, identify, readHead } from './identify.js'
import * as events from './log-events.js'
import type { Recognised } from './validate.js'
import { recognise } from './validate.js'

export type IngestDependencies = {
  readonly store: StudyStore
  readonly clock: Clock
  readonly log: Log
  /** False before the clock was set by network, GPS or a person: times are then marked uncertain. */
  readonly clockTrusted: () => boolean
  /** By which an uncertain time is put right later. */
  readonly bootTime?: () => BootTime
  /** Whose the image is and what it shows, decided at the moment of delivery; without it only what the arrival itself says counts. */
  readonly belongs?: (arrival: Arrival, dicom: DicomFacts | undefined) => Promise<Belonging>
}

/** The one way in: recognise, fingerprint, and keep as a study, as a known one, or in quarantine. */
export function createIngest(dependencies: IngestDependencies): Deliver {
  const ingest = new Ingest(dependencies)
  return (arrival) => ingest.deliver(arrival)
}

class Ingest {
  /** Deliveries of one object run one after the other, so that the second finds what the first made. */
  readonly #queue = new KeyedQueue()
  constructor(private readonly dependencies: IngestDependencies) {}

  async deliver(arrival: Arrival): ReturnType<Deliver> {
    try {
      const recognised = recognise(await readHead(arrival.spoolPath))
      return ok(recognised.ok ? await this.#keep(arrival, recognised.value) : await this.#quarantine(arrival, recognised.error))
    } catch (error) {
      const notTaken = asProblem(error)
      events.logNotTaken(this.dependencies.log, notTaken.code, arrival.source)
      return err(notTaken)
    }
  }

  async #keep(arrival: Arrival, recognised: Recognised): Promise<Receipt> {
    const hashes = await hashesOf(arrival, recognised.fingerprintOffset)
    const key = recognised.dicom?.sopInstanceUid || hashes.fingerprint
    return this.#queue.run(key, async () => {
      const known = await this.#findHeld(arrival, recognised.content, hashes)
      return known === undefined ? this.#create(arrival, recognised, hashes) : this.#acknowledgeKnown(arrival, known)
    })
  }

  /** The study that holds this object, with its bytes really there: a "received" must never rest on a lost file. Damaged ones are put right with those that came. */
  async #findHeld(arrival: Arrival, content: ContentKind, hashes: Fingerprint): Promise<StudyId | undefined> {
    const { store, log } = this.dependencies
    const id = store.findByFingerprint(hashes.fingerprint)
    if (id === undefined) return undefined
    const bytes: Replacement = { ...hashes, path: arrival.spoolPath, content, from: arrival.source.deviceId, at: arrival.receivedAt }
    const study = await store.read(id).catch(() => this.#rebuild(id, bytes))
    if (study?.evicted) return this.#takeBack(study, bytes, arrival)
    if (study && (await checkObject(store.objectPath(study), bytesOf(study.object))) === 'good') return id
    if (study) await restoreObject(store, id, bytes)
    events.logObjectLost(log, id, study !== undefined)
    return study ? id : undefined
  }

  /** Of an image in the archive, who sends it again by hand wants it read again or put right; a device or a program that goes through its memory wants nothing, and would fill the disk. */
  async #takeBack({ id }: Study, bytes: Replacement, { byHand }: Arrival): Promise<StudyId> {
    const { store } = this.dependencies
    if (byHand && (await store.hasRoomFor(bytes.bytes))) {
      await restoreObject(store, id, bytes)
      // Its pictures left with it: whoever mends damage draws them again.
      store.reportDamage(id)
    }
    return id
  }

  /** The document is made anew, from the bytes that came where those held are lost too: a second study of one image would be read and sent twice. Undefined where its folder is gone. */
  async #rebuild(id: StudyId, bytes: Replacement): Promise<Study | undefined> {
    const { store, clock } = this.dependencies
    const parts = { store, identify, now: () => clock.now().toISOString() }
    const again = async (): Promise<unknown> => (await rebuildStudy(parts, id)) || placeObject(store, id, bytes).then(() => rebuildStudy(parts, id))
    await again().catch(() => undefined)
    return store.read(id).catch(() => undefined)
  }

  async #acknowledgeKnown(arrival: Arrival, studyId: StudyId): Promise<Receipt> {
    if (arrival.source.kind === 'film-photo') await this.#readAsFilm(arrival, studyId)
    await rm(arrival.spoolPath, { force: true })
    events.logDuplicate(this.dependencies.log, studyId, arrival.source)
    return { outcome: 'duplicate', studyId }
  }

  /** A photograph that had been sent as any picture: nobody can say so but who sends it again. */
  async #readAsFilm({ source }: Arrival, studyId: StudyId): Promise<void> {
    const { store } = this.dependencies
    const study = await store.read(studyId)
    if (asFilmPhoto(study, source) === study) return
    await store.change(studyId, { by: source.operator ?? source.deviceId, event: 'retry', detail: 'film-photo' }, (now) => asFilmPhoto(now, source))
  }

  async #create(arrival: Arrival, { content, dicom }: Recognised, hashes: Fingerprint): Promise<Receipt> {
    const { store, log, clock, bootTime, clockTrusted } = this.dependencies
    const startedMs = clock.monotonicMs()
    const { originalName, spoolPath, source, receivedAt } = arrival
    const sopInstanceUid = dicom?.sopInstanceUid || undefined
    const others = sopInstanceUid === undefined ? [] : this.#othersOf(sopInstanceUid, hashes.fingerprint)
    const { questions, ...whose } = await this.#belonging(arrival, dicom)
    const study = await store.create({
      ...whose, spoolPath, source, receivedAt, timeUncertain: !clockTrusted(), ...(clockTrusted() || !bootTime ? {} : { arrivalClock: bootTime() }), object: { ...hashes, content, sopInstanceUid, originalName },
      dicom, questions: others.length > 0 ? [...questions, SAME_UID] : questions
    })
    events.logReceived(log, study, clock.monotonicMs() - startedMs)
    if (others.length > 0) await this.#noteSameUid(study.id, others, source.deviceId)
    return { outcome: 'stored', studyId: study.id }
  }

  async #belonging(arrival: Arrival, dicom: DicomFacts | undefined): Promise<Belonging> {
    const { belongs } = this.dependencies
    return belongs ? belongs(arrival, dicom) : { patientId: arrival.patientId, laterality: arrival.laterality ?? dicom?.laterality, questions: [] }
  }

  #othersOf(sopInstanceUid: string, fingerprint: string): StudyId[] {
    const { store } = this.dependencies
    return store.findBySopInstanceUid(sopInstanceUid).filter((id) => store.summary(id)?.fingerprint !== fingerprint)
  }

  /** The new study is durable already; a note that can't be written must not undo its receipt. */
  async #noteSameUid(studyId: StudyId, others: readonly StudyId[], by: string): Promise<void> {
    const { store, log } = this.dependencies
    events.logSameUid(log, studyId, others)
    const note = (id: StudyId): Promise<unknown> => store.change(id, { by, event: 'same-uid-other-content', detail: studyId }, (study) => study)
    await Promise.allSettled(others.map(note))
  }

  async #quarantine(arrival: Arrival, reason: Problem): Promise<Receipt> {
    const { spoolPath, source, originalName, receivedAt } = arrival
    const entry = await this.dependencies.store.quarantine({ spoolPath, source, originalName, receivedAt, problem: reason })
    events.logQuarantined(this.dependencies.log, entry, source)
    return { outcome: 'quarantined', quarantineId: entry.id, problem: reason }
  }
}

/** A device that hashed the bytes as they came spares their being read again; the reader compares them with the disk before it judges. */
async function hashesOf({ spoolPath, hashed }: Arrival, offset: number): Promise<Fingerprint> {
  return hashed?.offset === offset ? hashed.hashes : fingerprintFile(spoolPath, offset)
}

function asProblem(error: unknown): Problem {
  if (error instanceof StoreFullError) return problem(error.code, error.message)
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return problem('io-error', `The image could not be stored (${code}). Nothing was taken: send it again; if this repeats, check the disk.`)
}
