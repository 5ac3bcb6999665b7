import { readReport, type ReadReport } from '../../dicom/read-report.js'
import { isHeld } from '../../domain/delivery.js'
import type { StudyId } from '../../domain/ids.js'
import type { Overread } from '../../domain/overread.js'
import { addOverread } from '../../domain/overread.js'
import { MANUFACTURER, MODEL_NAME } from '../../domain/product.js'
import type { Study } from '../../domain/study.js'
import { waitMs } from '../../platform/backoff.js'
import type { Clock } from '../../platform/clock.js'
import type { StudyStore } from '../../store/study-store.js'
import type { Link } from '../link.js'
import { isShared } from '../shared-uid.js'
import type { Transport } from '../transports/transport.js'
import type { UplinkLog } from '../uplink-log.js'

export type OverreadPace = { readonly lookMs: number; readonly freshMs: number; readonly oldMs: number; readonly unsupportedMs: number }
export type OverreadParts = {
  readonly destination: { readonly id: string }
  readonly transport: Transport
  readonly store: StudyStore
  readonly link: Pick<Link, 'isUp'>
  readonly clock: Clock
  readonly log: UplinkLog
  readonly signal: AbortSignal
  readonly pace?: OverreadPace
}

const MINUTE_MS = 60_000
/** A link lives for ten minutes a day: what was read meanwhile is to be among the first things that come. */
const PACE: OverreadPace = { lookMs: MINUTE_MS, freshMs: 15 * MINUTE_MS, oldMs: 6 * 60 * MINUTE_MS, unsupportedMs: 24 * 60 * MINUTE_MS }
const DAY_MS = 24 * 60 * MINUTE_MS
const FRESH_DAYS = 3
const MOST_DAYS = 60
/** Asked at once; each costs some hundred bytes. */
const MOST_STUDIES = 40

/** Asks one archive for what was written there of the studies that it has, newest first, while there is a link; what comes is kept in the study. */
export class Overreads {
  private readonly asked = new Map<StudyId, number>()
  private notBeforeMs = 0

  constructor(private readonly parts: OverreadParts) {}

  async run(): Promise<void> {
    const { signal, log } = this.parts
    const { lookMs } = this.parts.pace ?? PACE
    while (!signal.aborted) {
      await waitMs(lookMs, signal)
      if (!signal.aborted) await this.look().catch((error: unknown) => log.failed('overreads', error))
    }
  }

  private async look(): Promise<void> {
    const { link, clock, store, transport, log, destination, signal } = this.parts
    if (!link.isUp || clock.monotonicMs() < this.notBeforeMs) return
    for (const id of this.due()) {
      const study = await store.read(id).catch(() => undefined)
      for (const studyInstanceUid of study ? studiesAt(study, destination.id) : []) {
        const found = await transport.reports!({ studyInstanceUid, known: knownOf(study!) }, signal)
        if (!found.ok) {
          if (found.error.code === 'reports-unsupported') this.notBeforeMs = clock.monotonicMs() + (this.parts.pace ?? PACE).unsupportedMs
          return log.overreadProblem(destination.id, found.error)
        }
        for (const file of found.value) await this.keep(study!, file)
      }
      this.asked.set(id, clock.monotonicMs())
    }
  }

  /** Newest first; fresh ones are asked for more often. */
  private due(): StudyId[] {
    const { clock, store } = this.parts
    const { freshMs, oldMs } = this.parts.pace ?? PACE
    const [now, ms] = [clock.now().getTime(), clock.monotonicMs()]
    const due: StudyId[] = []
    for (let cursor: string | undefined, more = true; more && due.length < MOST_STUDIES;) {
      const page = store.list({ order: 'newest', limit: 200, ...(cursor === undefined ? {} : { cursor }) })
      const young = page.studies.filter(({ receivedAt, timeUncertain }) => timeUncertain || now - Date.parse(receivedAt) < MOST_DAYS * DAY_MS)
      const isDue = ({ id, receivedAt }: { readonly id: StudyId; readonly receivedAt: string }): boolean =>
        ms - (this.asked.get(id) ?? -Infinity) >= (now - Date.parse(receivedAt) < FRESH_DAYS * DAY_MS ? freshMs : oldMs)
      due.push(...young.filter(isDue).map(({ id }) => id))
      cursor = page.next
      more = cursor !== undefined && young.length > 0
    }
    return due.slice(0, MOST_STUDIES)
  }

  private async keep(study: Study, file: Buffer): Promise<void> {
    const { store, clock, log, destination } = this.parts
    const report = readReport(file)
    if (!report || report.lines.length === 0 || isAppliances(report)) return
    if (!(await this.isOf(study, report))) return log.overreadOfOther(destination.id, study.id)
    const { sopInstanceUid, replaces, author, writtenOn, final, lines } = report
    const overread: Overread = { at: clock.now().toISOString(), from: destination.id, sopInstanceUid, replaces, final, lines, ...(author ? { author } : {}), ...(writtenOn ? { writtenOn } : {}) }
    if (!addOverread(await store.read(study.id), overread)) return
    await store.change(study.id, { by: destination.id, event: 'overread' }, (now) => addOverread(now, { ...overread, ...(study.patientId === undefined || study.patientId === now.patientId ? {} : { of: study.patientId }) }) ?? now)
    log.overread(destination.id, study.id)
  }

  /** Of our image by its name; or, where no image of ours is named, of the same examination and patient. */
  private async isOf(study: Study, { references, patientId }: ReadReport): Promise<boolean> {
    const own = new Set((study.deliveries ?? []).filter(({ state }) => state !== 'superseded').map(({ sopInstanceUid }) => sopInstanceUid))
    for (const uid of references) if (own.has(uid) && !(await isShared(this.parts.store, study, uid))) return true
    if (references.some((uid) => this.parts.store.findBySopInstanceUid(uid).some((id) => id !== study.id))) return false
    return study.reports?.at(-1)?.identity?.patientId === patientId
  }
}

/** A machine's, and no reading at the centre: another study's in the same study of the archive, or one that left before a backup was restored. */
const isAppliances = ({ manufacturer, modelName }: ReadReport): boolean => manufacturer === MANUFACTURER && modelName === MODEL_NAME

const WRONG: readonly string[] = ['withdrawn', 'needs-correction']

/** The studies of the archive that this one's objects stand in. */
const studiesAt = ({ deliveries = [] }: Study, destination: string): string[] =>
  [...new Set(deliveries.filter((one) => one.destination === destination && isHeld(one) && !WRONG.includes(one.state)).flatMap(({ studyInstanceUid }) => studyInstanceUid ?? []))]

const knownOf = ({ deliveries = [], overreads = [] }: Study): ReadonlySet<string> => new Set([...deliveries, ...overreads].map(({ sopInstanceUid }) => sopInstanceUid))
