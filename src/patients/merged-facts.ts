import type { IsoTime, PatientId } from '../domain/ids.js'
import type { Laterality } from '../domain/image-content.js'
import type { GivenFacts, Patient, PersonFact } from '../domain/patient.js'
import { AGE_CORRECTED } from '../domain/patient.js'

const SIDES: readonly Laterality[] = ['R', 'L']

/** What a record says that the one which stays does not: an age or a pregnancy that nobody asks for again would be lost with the record that nobody sees. */
export function factsGiven(keep: Patient, duplicate: Patient): GivenFacts {
  const knowsAge = keep.birthDate !== undefined || keep.age !== undefined
  const isPregnancyGiven = (keep.sex ?? duplicate.sex) !== 'M' && isSaidLater(duplicate.pregnancy, keep.pregnancy)
  const gave: PersonFact[] = [
    ...(keep.sex === undefined && duplicate.sex ? ['sex' as const] : []),
    ...(knowsAge ? [] : (['birthDate', 'age'] as const).filter((fact) => duplicate[fact] !== undefined)),
    ...(isPregnancyGiven ? ['pregnancy' as const] : []),
    ...SIDES.filter((side) => !keep.eyeExcuses?.[side] && duplicate.eyeExcuses?.[side])
  ]
  return gave.length === 0 ? {} : { gave, ...(isPregnancyGiven && keep.pregnancy ? { pregnancy: keep.pregnancy } : {}) }
}

/** Of two answers the later one counts; of a day that nobody knows, or the same day, a yes does. */
function isSaidLater(said: Patient['pregnancy'], other: Patient['pregnancy']): boolean {
  if (!said || !other) return said !== undefined
  if (said.clock || other.clock || said.onDate === other.onDate) return said.answer === 'yes' && other.answer !== 'yes'
  return said.answer !== 'unknown' && said.onDate > other.onDate
}

/** Whether the record that stays has been told of the merge: a power cut may have come before. */
export function knowsOfMerge({ history = [] }: Patient, duplicate: PatientId): boolean {
  const times = (wanted: string): number => history.filter(({ event, detail }) => event === wanted && detail === duplicate).length
  return times('merged-from') > times('unmerged')
}

type Told = { readonly at: IsoTime; readonly by: string }

/** The record that stays, with what the other gave it. */
export function withFacts(keep: Patient, duplicate: Patient, told: Told): Patient {
  const gave = duplicate.merged?.gave ?? []
  return gave.reduce((patient, fact) => withFact(patient, fact, factOf(duplicate, fact)), toldOfAge(keep, gave, told))
}

/** The same without it again, but for what somebody said anew since. */
export function withoutFacts(keep: Patient, duplicate: Patient, told: Told): Patient {
  const { gave = [], pregnancy } = duplicate.merged ?? {}
  const back = gave.filter((fact) => JSON.stringify(factOf(keep, fact)) === JSON.stringify(factOf(duplicate, fact)))
  return back.reduce((patient, fact) => withFact(patient, fact, fact === 'pregnancy' ? pregnancy : undefined), toldOfAge(keep, back, told))
}

const isSide = (fact: PersonFact): fact is Laterality => fact === 'L' || fact === 'R'

const factOf = (patient: Patient, fact: PersonFact): unknown => (isSide(fact) ? patient.eyeExcuses?.[fact] : patient[fact])

function withFact(patient: Patient, fact: PersonFact, value: unknown): Patient {
  if (!isSide(fact)) return replaced(patient, fact, value)
  return { ...patient, eyeExcuses: replaced(patient.eyeExcuses ?? {}, fact, value) }
}

function replaced<T extends object>(record: T, key: keyof T, value: unknown): T {
  const { [key]: _before, ...rest } = record
  return (value === undefined ? rest : { ...rest, [key]: value }) as T
}

/** By this the chest films that were read for another age are found. */
function toldOfAge(patient: Patient, facts: readonly PersonFact[], told: Told): Patient {
  if (!facts.includes('age') && !facts.includes('birthDate')) return patient
  return { ...patient, history: [...(patient.history ?? []), { ...told, event: 'changed', detail: AGE_CORRECTED }] }
}
