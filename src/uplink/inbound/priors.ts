import { readFacts } from '../../dicom/codec.js'
import type { DicomFacts } from '../../domain/image-content.js'
import type { Patient } from '../../domain/patient.js'
import { isSame, mayBeSame, type Prior } from '../../domain/prior.js'
import type { Problem } from '../../domain/problem.js'
import { waitMs } from '../../platform/backoff.js'
import type { Clock } from '../../platform/clock.js'
import type { StudyStore } from '../../store/study-store.js'
import type { FoundPrior, PriorWay } from '../transports/transport.js'
import { modalityOfClass } from '../transports/prior-classes.js'
import type { UplinkLog } from '../uplink-log.js'

/** What the house gives for priors. */
export type PriorHouse = {
  /** People with an open visit or a recent image, who is most wanted first. */
  people(): readonly Patient[]
  /** False while the disk is short of room. */
  hasRoom(): boolean
  known(patient: Patient): Promise<readonly Prior[]>
  /** Makes the picture of a Part 10 file and keeps it; false where nobody can read it. @throws Error where that can't be told now */
  keep(file: Buffer, prior: Prior): Promise<boolean>
}
export type PriorPace = { readonly lookMs: number; readonly againMs: number; readonly unsupportedMs: number }
export type PriorParts = {
  readonly destination: { readonly id: string; readonly priors?: number; readonly policy: { readonly bytesPerSecond?: number } }
  readonly way: PriorWay
  readonly house: PriorHouse
  readonly store: StudyStore
  readonly clock: Clock
  readonly log: UplinkLog
  readonly signal: AbortSignal
  /** Nothing is outstanding there, and the link and the terms of the site allow it. */
  isFree(): boolean
  /** Counted to what the site allows a day. */
  moved(bytes: number): void
  readonly pace?: PriorPace
}

const HOUR_MS = 3_600_000
const PACE: PriorPace = { lookMs: 60_000, againMs: 12 * HOUR_MS, unsupportedMs: 24 * HOUR_MS }
const MOST_IMAGES = 8
const GLANCE_MS = 500
const AFTER_FAILURE_LOOKS = 5
const MOST_OWN = 200
/** Others would be wildcards, or need a character set. */
const ASKABLE = /^[\x20-\x29\x2b-\x3e\x40-\x5b\x5d-\x7e]{1,64}$/
const CHEST = /CHEST|THORAX|LUNG|TORAX/i

/** Fetches earlier images of the people who are here now, from one archive, one at a time and only while the line has nothing else to do. */
export class Priors {
  private readonly asked = new Map<string, number>()
  private readonly refused = new Set<string>()
  private notBeforeMs = 0

  constructor(private readonly parts: PriorParts) {}

  async run(): Promise<void> {
    const { signal, log } = this.parts
    const { lookMs } = this.parts.pace ?? PACE
    while (!signal.aborted) {
      await waitMs(lookMs, signal)
      if (!signal.aborted) await this.look().catch((error: unknown) => {
        log.failed('priors', error)
        this.notBeforeMs = this.parts.clock.monotonicMs() + AFTER_FAILURE_LOOKS * lookMs
      })
    }
  }

  private async look(): Promise<void> {
    const { clock, house } = this.parts
    if (clock.monotonicMs() < this.notBeforeMs) return
    for (const patient of house.people()) {
      if (!this.mayGoOn()) return
      // Another number, another birth date: another question.
      const key = [patient.id, patient.identifier, patient.birthDate, patient.name].join('|')
      if (!ASKABLE.test(patient.identifier?.trim() ?? '') || clock.monotonicMs() - (this.asked.get(key) ?? -Infinity) < (this.parts.pace ?? PACE).againMs) continue
      if (!(await this.bring(patient))) return
      this.asked.set(key, clock.monotonicMs())
    }
  }

  private mayGoOn(): boolean {
    const { signal, house, isFree } = this.parts
    return !signal.aborted && house.hasRoom() && isFree()
  }

  /** Whether all there is was brought. */
  private async bring(patient: Patient): Promise<boolean> {
    const { way, house, destination } = this.parts
    const known = new Set([...await this.own(patient), ...(await house.known(patient)).map(({ sopInstanceUid }) => sopInstanceUid), ...this.refused])
    const listed = await this.whileFree((signal) => way.list({ number: patient.identifier!.trim(), mayBe: (person) => mayBeSame(patient, person), known, studies: destination.priors ?? 0, images: MOST_IMAGES }, signal))
    if (!listed.ok) return this.failed(listed.error)
    for (const found of listed.value) {
      if (!this.mayGoOn()) return false
      const got = await this.whileFree((signal) => way.fetch(found, signal))
      if (got.ok) await this.take(patient, found, got.value)
      else if (got.error.code === 'get-nothing') this.refused.add(found.sopInstanceUid)
      else return this.failed(got.error)
    }
    return true
  }

  /** Studies of this house and their objects: they stand beside the new one already. */
  private async own({ id }: Patient): Promise<string[]> {
    const { store } = this.parts
    const studies = await Promise.all(store.list({ patientId: id, order: 'newest', limit: MOST_OWN }).studies.map((one) => store.read(one.id).catch(() => undefined)))
    return studies.flatMap((study) => [study?.dicom?.studyInstanceUid, study?.dicom?.sopInstanceUid, ...(study?.deliveries ?? []).flatMap((one) => [one.studyInstanceUid, one.sopInstanceUid])]).filter((uid) => uid !== undefined)
  }

  private async take(patient: Patient, { sopClassUid, sopInstanceUid, studyInstanceUid }: FoundPrior, file: Buffer): Promise<void> {
    const { house, log, destination, clock, moved, signal } = this.parts
    moved(file.byteLength)
    const facts = readFacts(file)
    const modality = modalityOfClass(sopClassUid)
    const takenOn = facts.ok ? dateOf(facts.value) : undefined
    const isRight = facts.ok && facts.value.sopInstanceUid === sopInstanceUid && isSame(patient, facts.value)
    if (facts.ok && !isRight) log.priorOfOther(destination.id)
    if (!facts.ok || !isRight || !modality || !takenOn || (modality === 'cxr' && facts.value.bodyPart && !CHEST.test(facts.value.bodyPart))) return void this.refused.add(sopInstanceUid)
    const { patientId, patientName, patientBirthDate, patientSex, laterality } = facts.value
    const person = { ...(patientId ? { patientId } : {}), ...(patientName ? { patientName } : {}), ...(patientBirthDate ? { patientBirthDate } : {}), ...(patientSex ? { patientSex } : {}) }
    const prior: Prior = { formatVersion: 1, patientId: patient.id, person, sopInstanceUid, studyInstanceUid, modality, takenOn, from: destination.id, fetchedAt: clock.now().toISOString(), ...(laterality ? { laterality } : {}) }
    if (await house.keep(file, prior)) log.prior(destination.id, file.byteLength)
    else this.refused.add(sopInstanceUid)
    const { bytesPerSecond } = destination.policy
    if (bytesPerSecond !== undefined) await waitMs((1000 * file.byteLength) / bytesPerSecond, signal)
  }

  /** Breaks off as soon as something is to be sent there. */
  private async whileFree<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const busy = new AbortController()
    const glance = setInterval(() => { if (!this.parts.isFree()) busy.abort() }, GLANCE_MS)
    try {
      return await ask(AbortSignal.any([this.parts.signal, busy.signal]))
    } finally {
      clearInterval(glance)
    }
  }

  private failed(why: Problem): false {
    const { clock, log, destination, pace = PACE, isFree } = this.parts
    this.notBeforeMs = clock.monotonicMs() + (why.code === 'priors-unsupported' ? pace.unsupportedMs : AFTER_FAILURE_LOOKS * pace.lookMs)
    if (isFree()) log.priorProblem(destination.id, why)
    return false
  }
}

/** yyyy-mm-dd; nothing where the object does not say when it was made. */
function dateOf({ takenAt, studyDate }: DicomFacts): string | undefined {
  const digits = (takenAt?.slice(0, 10) ?? studyDate ?? '').replaceAll('-', '')
  return /^\d{8}$/.test(digits) ? `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` : undefined
}
