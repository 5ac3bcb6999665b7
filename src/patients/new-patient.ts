import type { IsoTime } from '../domain/ids.js'
import type { Patient, SaidOn } from '../domain/patient.js'
import { ageYearsOn, pregnancyOn } from '../domain/patient.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

/** What a person fills in; empty fields count as absent. Give `birthDate` (yyyy-mm-dd) or `ageYears`, or neither. */
export type PatientInput = {
  readonly name: string
  readonly identifier?: string
  readonly sex?: string
  readonly birthDate?: string
  /** Completed years today. */
  readonly ageYears?: number | string
  readonly village?: string
  readonly phone?: string
  /** yes, no or unknown: as said today. */
  readonly pregnancy?: string
}

export type PatientFacts = Omit<Patient, 'id' | 'revision' | 'registeredAt' | 'registeredBy' | 'eyeExcuses' | 'merged' | 'history'>

const LONGEST = { name: 200, identifier: 64, village: 120, phone: 40 } as const

/** The facts in our shape, or the first rule that says no (with the field as its path). `today`: where nobody can vouch for `now`. */
export function checkPatient(input: PatientInput, now: IsoTime, today: SaidOn = { onDate: now.slice(0, 10) }): Result<PatientFacts, Problem> {
  const text = (key: keyof typeof LONGEST) => clean(input[key])
  if (!text('name')) return err(problem('name-missing', 'Write the name of the person, or how the clinic calls them.', 'name'))
  for (const [key, longest] of Object.entries(LONGEST) as [keyof typeof LONGEST, number][]) {
    if ((text(key)?.length ?? 0) > longest) return err(problem('too-long', `Shorten this field to ${longest} characters.`, key))
  }
  const sex = clean(input.sex)
  if (sex !== undefined && sex !== 'F' && sex !== 'M' && sex !== 'O') return err(problem('bad-sex', 'Choose F, M or O, or leave it open.', 'sex'))
  const born = checkBirth(input, today)
  if (!born.ok) return born
  const pregnancy = clean(input.pregnancy)
  if (pregnancy !== undefined && pregnancy !== 'yes' && pregnancy !== 'no' && pregnancy !== 'unknown') return err(problem('bad-pregnancy', 'Choose yes, no or not known, or leave it open.', 'pregnancy'))
  const [identifier, village, phone] = [text('identifier'), text('village'), text('phone')]
  return ok({
    name: text('name') as string,
    ...(identifier ? { identifier } : {}), ...(sex ? { sex } : {}), ...born.value, ...(village ? { village } : {}), ...(phone ? { phone } : {}), ...(pregnancy && sex !== 'M' ? { pregnancy: { answer: pregnancy, ...today } } : {})
  })
}

/** What a correction repeats of an age or a pregnancy, nobody said anew: it keeps the day on which it was said. */
export function asSaidBefore(facts: PatientFacts, before: Patient, now: IsoTime): PatientFacts {
  const { age, pregnancy, ...rest } = facts
  const isSameAge = age !== undefined && before.age !== undefined && age.years === ageYearsOn({ age: before.age }, now)
  const isSamePregnancy = facts.sex !== 'M' && pregnancy?.answer === pregnancyOn(before, now)
  const kept = { age: isSameAge ? before.age : age, pregnancy: isSamePregnancy ? before.pregnancy : pregnancy }
  return { ...rest, ...(kept.age ? { age: kept.age } : {}), ...(kept.pregnancy ? { pregnancy: kept.pregnancy } : {}) }
}

function checkBirth(input: PatientInput, today: SaidOn): Result<Pick<Patient, 'birthDate' | 'age'>, Problem> {
  const birthDate = clean(input.birthDate)
  if (birthDate !== undefined) {
    const real = /^\d{4}-\d{2}-\d{2}$/.test(birthDate) && !Number.isNaN(Date.parse(birthDate)) && new Date(birthDate).toISOString().startsWith(birthDate)
    if (!real || birthDate < '1880-01-01' || (birthDate > today.onDate && !today.clock)) {
      return err(problem('bad-birth-date', 'Write the date of birth as year-month-day (1980-05-31), not in the future; or leave it and give the age.', 'birthDate'))
    }
    return ok({ birthDate })
  }
  const given = input.ageYears === undefined ? undefined : clean(String(input.ageYears))
  if (given === undefined) return ok({})
  const years = Number(given)
  if (!Number.isFinite(years) || years < 0 || years > 130) return err(problem('bad-age', 'Write the age in years, 0 to 130.', 'ageYears'))
  return ok({ age: { years, ...today } })
}

function clean(text: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex
  const trimmed = typeof text === 'string' ? text.normalize('NFC').replace(/[\u0000-\u001f\u007f]/g, ' ').trim() : ''
  return trimmed === '' ? undefined : trimmed
}
