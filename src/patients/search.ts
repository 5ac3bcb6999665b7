import type { Patient } from '../domain/patient.js'
import { compactNumber, normaliseText, wordsOf } from './normalise.js'

/** One patient with what is compared, computed once. */
export type Indexed = {
  readonly patient: Patient
  readonly name: string
  readonly words: readonly string[]
  readonly numbers: readonly string[]
}

export function indexPatient(patient: Patient): Indexed {
  return {
    patient, name: normaliseText(patient.name),
    words: [...wordsOf(patient.name), ...wordsOf(patient.village ?? '')],
    numbers: [patient.identifier, patient.phone, patient.id].filter((text) => text !== undefined).map(compactNumber)
  }
}

/** How well one patient fits: 0 not at all. Every word must begin a word of name or village, or lie in a number. */
function rank(entry: Indexed, text: string, words: readonly string[], compact: string): number {
  if (entry.numbers.includes(compact)) return 100
  if (compact.length >= 3 && entry.numbers.some((number) => number.includes(compact))) return 50
  if (!words.every((word) => entry.words.some((own) => own.startsWith(word)) || entry.name.includes(word) && word.length >= 2)) return 0
  return entry.name === text ? 80 : entry.name.startsWith(text) ? 40 : 10
}

/** The best fits first, then the newest; everybody (newest first) for an empty text. */
export function searchPatients(entries: Iterable<Indexed>, text: string, limit: number): Patient[] {
  const normal = normaliseText(text)
  const words = wordsOf(text)
  const compact = compactNumber(text)
  const found: { patient: Patient; rank: number }[] = []
  for (const entry of entries) {
    const fit = normal === '' ? 1 : words.length === 0 ? 0 : rank(entry, normal, words, compact)
    if (fit > 0) found.push({ patient: entry.patient, rank: fit })
  }
  return found.sort((a, b) => b.rank - a.rank || (a.patient.registeredAt < b.patient.registeredAt ? 1 : -1))
    .slice(0, limit).map(({ patient }) => patient)
}
