import type { TriageLevel } from '../domain/finding.js'
import type { PatientId, StudyId } from '../domain/ids.js'
import type { StudyState, StudySummary } from '../domain/study.js'
import { bySequence, OrderedSummaries } from './study-order.js'
import type { StudyPage, StudyQuery } from './study-query.js'
import { pageOf } from './study-query.js'
import { StudyViews } from './study-views.js'

export type StudyCounts = { readonly byState: Record<StudyState, number>; readonly total: number; readonly byLevel: Record<TriageLevel, number> }

const isPending = (summary: StudySummary): boolean => summary.state === 'received' || summary.state === 'analysing'

/** All summaries in memory, with every order and counter kept up to date change by change. */
export class StudyIndex {
  readonly #summaries = new Map<StudyId, StudySummary>()
  readonly #byFingerprint = new Map<string, StudyId>()
  readonly #bySopInstanceUid = new Map<string, StudyId | StudyId[]>()
  readonly #byPatient = new Map<PatientId, Set<StudyId>>()
  readonly #views: StudyViews
  readonly #pending = new OrderedSummaries(bySequence)
  readonly #byState: Record<StudyState, number> = { received: 0, 'needs-input': 0, analysing: 0, ready: 0, failed: 0 }
  readonly #byLevel: Record<TriageLevel, number> = { none: 0, routine: 0, soon: 0, urgent: 0, immediate: 0 }
  #lastSequence = 0

  constructor(summaries: Iterable<StudySummary> = []) {
    for (const summary of summaries) this.#enter(summary)
    const all = [...this.#summaries.values()]
    this.#views = new StudyViews(all)
    this.#pending.fill(all.filter(isPending))
  }

  get size(): number { return this.#summaries.size }

  get lastSequence(): number { return this.#lastSequence }

  get(id: StudyId): StudySummary | undefined { return this.#summaries.get(id) }

  all(): IterableIterator<StudySummary> { return this.#summaries.values() }

  put(summary: StudySummary): void {
    const before = this.#summaries.get(summary.id)
    if (before) this.#leave(before)
    this.#enter(summary)
    this.#views.replace(before, summary)
    if (isPending(summary)) this.#pending.insert(summary)
  }

  findByFingerprint(fingerprint: string): StudyId | undefined { return this.#byFingerprint.get(fingerprint) }

  findBySopInstanceUid(uid: string): StudyId[] {
    const found = this.#bySopInstanceUid.get(uid)
    return found === undefined ? [] : typeof found === 'string' ? [found] : [...found]
  }

  /** Oldest first. */
  pending(): StudyId[] { return this.#pending.items.map((summary) => summary.id) }

  counts(): StudyCounts {
    return { byState: { ...this.#byState }, byLevel: { ...this.#byLevel }, total: this.#summaries.size }
  }

  list(query: StudyQuery): StudyPage {
    const ofPatient = query.patientId === undefined ? undefined : [...(this.#byPatient.get(query.patientId) ?? [])].map((id) => this.#summaries.get(id)!)
    return pageOf(this.#views.viewFor(query, ofPatient), query)
  }

  #enter(summary: StudySummary): void {
    const known = this.#summaries.has(summary.id)
    this.#summaries.set(summary.id, summary)
    this.#byState[summary.state] += 1
    this.#byLevel[summary.triageLevel] += 1
    this.#lastSequence = Math.max(this.#lastSequence, summary.sequence)
    if (summary.patientId !== undefined) this.#enterPatient(summary.patientId, summary.id)
    if (known) return
    this.#enterFingerprint(summary)
    if (summary.sopInstanceUid !== undefined) this.#enterUid(summary.sopInstanceUid, summary.id)
  }

  #enterPatient(patientId: PatientId, id: StudyId): void {
    const ids = this.#byPatient.get(patientId)
    if (ids) ids.add(id)
    else this.#byPatient.set(patientId, new Set([id]))
  }

  /** The newest wins: an older one was found damaged, else the newer would not have been made. */
  #enterFingerprint({ fingerprint, id, sequence }: StudySummary): void {
    const other = this.#byFingerprint.get(fingerprint)
    if (other === undefined || this.#summaries.get(other)!.sequence < sequence) this.#byFingerprint.set(fingerprint, id)
  }

  #enterUid(uid: string, id: StudyId): void {
    const found = this.#bySopInstanceUid.get(uid)
    if (found === undefined) this.#bySopInstanceUid.set(uid, id)
    else if (typeof found === 'string') this.#bySopInstanceUid.set(uid, [found, id])
    else found.push(id)
  }

  #leave(summary: StudySummary): void {
    this.#byState[summary.state] -= 1
    this.#byLevel[summary.triageLevel] -= 1
    this.#pending.remove(summary)
    if (summary.patientId !== undefined) this.#byPatient.get(summary.patientId)?.delete(summary.id)
  }
}
