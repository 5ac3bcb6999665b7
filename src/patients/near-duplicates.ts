import type { Patient } from '../domain/patient.js'
import { compactNumber, wordsOf } from './normalise.js'
import type { Indexed } from './search.js'

/** A registered person who may be the same one, and why; a warning, never a refusal. */
export type NearDuplicate = { readonly patient: Patient; readonly reason: 'same-identifier' | 'same-phone' | 'same-name' | 'similar-name' }
type Candidate = Pick<Patient, 'name' | 'identifier' | 'sex' | 'birthDate' | 'age' | 'phone'>

/** Who among the registered may be this person. */
export function nearDuplicates(entries: Iterable<Indexed>, candidate: Candidate): NearDuplicate[] {
  const words = wordsOf(candidate.name)
  const found: NearDuplicate[] = []
  for (const entry of entries) {
    const reason = reasonFor(entry, candidate, words)
    if (reason) found.push({ patient: entry.patient, reason })
  }
  const order = ['same-identifier', 'same-phone', 'same-name', 'similar-name']
  return found.sort((a, b) => order.indexOf(a.reason) - order.indexOf(b.reason)).slice(0, 10)
}

function reasonFor({ patient }: Indexed, candidate: Candidate, words: readonly string[]): NearDuplicate['reason'] | undefined {
  if (sameNumber(patient.identifier, candidate.identifier)) return 'same-identifier'
  const own = wordsOf(patient.name)
  const alike = likeness(own, words)
  if (alike > 0 && sameNumber(patient.phone, candidate.phone)) return 'same-phone'
  if (patient.sex && candidate.sex && patient.sex !== candidate.sex) return undefined
  if (alike === 0 || !fitsAge(patient, candidate)) return undefined
  return alike === 2 ? 'same-name' : 'similar-name'
}

const sameNumber = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && compactNumber(a) !== '' && compactNumber(a) === compactNumber(b)

/** 2: the same words in any order; 1: each word has one within one letter; 0: another name. */
function likeness(a: readonly string[], b: readonly string[]): 0 | 1 | 2 {
  if (a.length === 0 || b.length === 0) return 0
  if ([...a].sort().join(' ') === [...b].sort().join(' ')) return 2
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a]
  if (longer.length - shorter.length > 1 || (shorter.length === 1 && longer.length > 1)) return 0
  const left = [...longer]
  for (const word of shorter) {
    const place = left.findIndex((other) => isWithinOneEdit(word, other))
    if (place < 0) return 0
    left.splice(place, 1)
  }
  return 1
}

/** Equal, or one letter more, less or other, or two neighbours swapped; short words must be equal. */
function isWithinOneEdit(a: string, b: string): boolean {
  if (a === b) return true
  if (Math.min(a.length, b.length) < 4 || Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (a[start] === b[start] && start < a.length) start += 1
  const restA = a.slice(start)
  const restB = b.slice(start)
  return restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
}

function fitsAge(a: Candidate, b: Candidate): boolean {
  if (a.birthDate && b.birthDate) return a.birthDate === b.birthDate
  const [born, other] = [birthYear(a), birthYear(b)]
  return born === undefined || other === undefined || Math.abs(born - other) <= 2
}

function birthYear({ birthDate, age }: Candidate): number | undefined {
  if (birthDate) return Number(birthDate.slice(0, 4))
  return age && !age.clock ? Number(age.onDate.slice(0, 4)) - age.years : undefined
}
