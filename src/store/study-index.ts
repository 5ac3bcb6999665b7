import type { TriageLevel } from '../domain/finding.js'
import type { PatientId, StudyId } from '../domain/ids.js'
import type { StudyState, StudySummary } from '../domain/study.js'
import { bySequence, OrderedSummaries, type LevelsShown, type ListedStudy } from './study-order.js'
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
  readonly #listed = new Map<StudyId, ListedStudy>()
  #views: StudyViews
  #levelsShown: LevelsShown = () => new Map()
  readonly #pending = new OrderedSummaries(bySequence)
  readonly #byState: Record<StudyState, number> = { received: 0, 'needs-input': 0, analysing: 0, ready: 0, failed: 0 }
  readonly #byLevel: Record<TriageLevel, number> = { none: 0, routine: 0, soon: 0, urgent: 0, immediate: 0 }
  #lastSequence = 0

  constructor(summaries: Iterable<StudySummary> = []) {
    for (const summary of summaries) this.#enter(summary)
    const all = [...this.#summaries.values()]
    for (const summary of all) this.#listed.set(summary.id, summary)
    this.#views = new StudyViews(all)
    this.#pending.fill(all.filter(isPending))
  }

  /** From now on lists rank and count each study at the level that this gives, where it gives one. */
  showAt(levelsShown: LevelsShown): void {
    this.#levelsShown = levelsShown
    const persons = [...this.#byPatient.keys()].map((id) => this.#ofPatient(id))
    const nobodys = [...this.#summaries.values()].filter(({ patientId }) => patientId === undefined).map((summary) => [summary])
    for (const one of [...persons, ...nobodys].flatMap((own) => this.#listedOf(own))) this.#listed.set(one.id, one)
    this.#views = new StudyViews([...this.#listed.values()])
  }

  /** What decides the level shown of this person's studies changed outside them. */
  showAgain(patientId: PatientId): void {
    for (const one of this.#listedOf(this.#ofPatient(patientId))) this.#list(one)
  }

  get size(): number { return this.#summaries.size }

  get lastSequence(): number { return this.#lastSequence }

  get(id: StudyId): StudySummary | undefined { return this.#summaries.get(id) }

  all(): IterableIterator<StudySummary> { return this.#summaries.values() }

  put(summary: StudySummary): void {
    const before = this.#summaries.get(summary.id)
    if (before) this.#leave(before)
    this.#enter(summary)
    const own = summary.patientId === undefined ? [summary] : this.#ofPatient(summary.patientId)
    for (const one of this.#listedOf(own)) this.#list(one, one.id === summary.id)
    if (before?.patientId !== undefined && before.patientId !== summary.patientId) this.showAgain(before.patientId)
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
    const ofPatient = query.patientId === undefined ? undefined : this.#ofPatient(query.patientId).map(({ id }) => this.#listed.get(id)!)
    return pageOf(this.#views.viewFor(query, ofPatient), query)
  }

  #ofPatient(id: PatientId): StudySummary[] { return [...(this.#byPatient.get(id) ?? [])].map((each) => this.#summaries.get(each)!) }

  #listedOf(ofPerson: readonly StudySummary[]): ListedStudy[] {
    const levels = this.#levelsShown(ofPerson)
    return ofPerson.map((summary) => (levels.has(summary.id) ? { ...summary, shownLevel: levels.get(summary.id) } : summary))
  }

  #list(study: ListedStudy, isChanged = false): void {
    const before = this.#listed.get(study.id)
    if (!isChanged && before?.shownLevel === study.shownLevel) return
    this.#listed.set(study.id, study)
    this.#views.replace(before, study)
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
