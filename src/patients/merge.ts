import type { PatientId, StudyId } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { giveStudy } from '../domain/study-changes.js'
import type { VisitId } from '../domain/visit.js'
import type { Clock } from '../platform/clock.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import type { StudyStore } from '../store/study-store.js'
import { readFilmsOfOtherAge } from './films-of-age.js'
import { factsGiven, knowsOfMerge, withFacts, withoutFacts } from './merged-facts.js'
import type { PatientRegistry } from './patients.js'
import { tryEach } from './try-each.js'
import type { Visits } from './visits.js'

/** Two records of one person become one, and can be taken apart again. Both records and every step stay in the history. */
export type PatientMerges = {
  /**
   * `duplicate` gives its studies to `keep`, and what that record does not say (sex, age, pregnancy, why an eye has no photo); nothing of it is deleted. What could not be given, and was not damaged, is thrown when all were tried, and given at the next start.
   * @throws NotFoundError, RevisionConflictError, StoreFullError
   */
  merge(pair: { readonly keep: PatientId; readonly duplicate: PatientId }, who: { readonly by: string; readonly expectedRevision?: number }): Promise<Result<Patient, Problem>>
  /** The facts and studies that it gave away come back, unless somebody attached them elsewhere since. */
  unmerge(duplicate: PatientId, by: string): Promise<Result<Patient, Problem>>
  /** After a power cut: facts and studies still lie with a record that was merged. Returns how many were moved, and how many could not be; never throws for those. */
  finish(): Promise<{ readonly moved: number; readonly failed: number }>
}

type Parts = { readonly store: StudyStore; readonly patients: PatientRegistry; readonly clock: Clock; readonly visits: Pick<Visits, 'read'> }

/** `failures`: why the others were not, but for damaged ones. */
type Moved = { readonly moved: number; readonly failures: readonly unknown[] }

const MOST_STUDIES = 1000

export function createPatientMerges({ store, patients, clock, visits }: Parts): PatientMerges {
  const studiesOf = (id: PatientId): StudyId[] => store.list({ patientId: id, order: 'newest', limit: MOST_STUDIES }).studies.map((study) => study.id)

  /** A study that is somebody else's by now stays theirs, and one that fails keeps no other back. */
  async function move(studies: readonly StudyId[], from: PatientId, { to, by, event }: { to: PatientId; by: string; event: string }): Promise<Moved> {
    let moved = 0
    const failures = await tryEach(studies.filter((id) => store.summary(id)?.patientId === from), async (id) => {
      await store.change(id, { by, event, detail: `${from} > ${to}` }, (study) => (study.patientId === from ? giveStudy(study, to) : study))
      moved += 1
    })
    return { moved, failures }
  }

  const isOfVisitOf = async (person: PatientId, visitId: VisitId | undefined): Promise<boolean> =>
    visitId !== undefined && (await visits.read(visitId).then((visit) => visit.patientId === person, () => false))

  /** What came for the merged record by its own number or in a visit opened for it; what a person attached stays where they put it. */
  async function cameFor(duplicate: PatientId, into: PatientId): Promise<StudyId[]> {
    const found: StudyId[] = []
    for (const id of studiesOf(into)) {
      const study = await store.read(id).catch(() => undefined)
      if (!study || study.history.some(({ event }) => event === 'patient.attached')) continue
      if (study.dicom?.patientId === duplicate || (await isOfVisitOf(duplicate, study.visitId))) found.push(id)
    }
    return found
  }

  async function hand(duplicate: PatientId, by: string): Promise<Moved> {
    const into = patients.get(duplicate).merged?.into
    return into ? move(studiesOf(duplicate), duplicate, { to: into, by, event: 'patient.merged' }) : { moved: 0, failures: [] }
  }

  const stamp = (by: string) => ({ at: clock.now().toISOString(), by })

  /** One at a time: of two people who merge the same pair, each into the other record, the second is refused; else both records would lead to each other and neither to the person. */
  const turns = new KeyedQueue()
  return {
    merge: ({ keep, duplicate }, { by, expectedRevision }) => turns.run('', async () => {
      const refused = refusal(patients, keep, duplicate)
      if (refused) return err(refused)
      const merged = { into: keep, ...stamp(by), studies: studiesOf(duplicate), ...factsGiven(patients.get(keep), patients.get(duplicate)) }
      const given = await patients.change(duplicate, { by, event: 'merged-into', detail: keep, ...(expectedRevision === undefined ? {} : { expectedRevision }) }, (patient) => ({ ...patient, merged }))
      const kept = await tell(patients, given, stamp(by))
      orThrow(await hand(duplicate, by))
      await readFilmsOfOtherAge({ store }, kept, by)
      return ok(kept)
    }),
    unmerge: (duplicate, by) => turns.run('', async () => {
      const given = patients.get(duplicate)
      const { merged } = given
      if (!merged) return err(problem('not-merged', 'This record is not merged with another one. Load the page again.'))
      orThrow(await move([...merged.studies, ...await cameFor(duplicate, merged.into)], merged.into, { to: duplicate, by, event: 'patient.unmerged' }))
      const kept = await patients.change(merged.into, { by, event: 'unmerged', detail: duplicate }, (patient) => withoutFacts(patient, given, stamp(by)))
      const apart = await patients.change(duplicate, { by, event: 'unmerged', detail: merged.into }, ({ merged: _undone, ...patient }) => patient)
      await readFilmsOfOtherAge({ store }, kept, by)
      return ok(apart)
    }),
    async finish() {
      let moved = 0
      let failed = (await tryEach(patients.merged(), async (duplicate) => void await tell(patients, duplicate, stamp(duplicate.merged?.by ?? 'system')))).length
      for (const { id, merged } of patients.merged()) {
        const handed = await hand(id, merged?.by ?? 'system')
        moved += handed.moved
        failed += handed.failures.length
      }
      return { moved, failed }
    }
  }
}

/** Before the studies are given, so that a film that is read at once is read for the right age. Written once, however often it is told. */
async function tell(patients: PatientRegistry, duplicate: Patient, told: { readonly at: string; readonly by: string }): Promise<Patient> {
  const keep = patients.get(duplicate.merged!.into)
  if (knowsOfMerge(keep, duplicate.id)) return keep
  return patients.change(keep.id, { by: told.by, event: 'merged-from', detail: duplicate.id }, (patient) => withFacts(patient, duplicate, told))
}

function orThrow({ failures }: Moved): void {
  if (failures.length > 0) throw failures[0]
}

function refusal(patients: PatientRegistry, keep: PatientId, duplicate: PatientId): Problem | undefined {
  if (keep === duplicate) return problem('same-record', 'Choose two different records to merge.')
  if (patients.get(keep).merged || patients.get(duplicate).merged) return problem('merged-already', 'One of these records is merged already. Undo that first, or choose the record that it was merged into.')
  if (patients.mergedInto(duplicate).length > 0) return problem('has-merged', 'Other records were merged into this one. Keep it, and merge the other one into it.')
  return undefined
}
