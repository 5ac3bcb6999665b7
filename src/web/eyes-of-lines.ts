import type { StudySummary } from '../domain/study.js'
import type { EyePhoto, EyesVerdict } from '../programmes/eyes.js'
import { eyePhotoOfLine, eyesVerdictWith } from '../programmes/eyes.js'
import { isBlindLine } from './blind.js'
import type { WebDependencies } from './dependencies.js'
import { eyePhotosOf } from './patient-eyes.js'
import type { Caller } from './route.js'

/** What both eyes of the person say, in the round of this line of the index; undefined for what is no photo of an eye. */
export type EyesOf = (line: StudySummary) => EyesVerdict | undefined

/** As for the page of one study, but from the index alone. What the caller reads second counts as not decided yet. One such function for one answer: it looks at each person once. */
export function eyesOfLines({ store, patients }: Pick<WebDependencies, 'store' | 'patients'>, caller: Caller | undefined): EyesOf {
  const photoOf = (line: StudySummary): EyePhoto[] => {
    const photo = eyePhotoOfLine(line)
    return photo ? [isBlindLine(line, caller) ? { ...photo, outcome: 'open', level: 'none', text: '' } : photo] : []
  }
  const persons = new Map<string, readonly EyePhoto[]>()
  const photosOf = (line: StudySummary, patientId: string): readonly EyePhoto[] => {
    const known = persons.get(patientId)
    if (known) return known
    const found = eyePhotosOf(store, patientId)
    const photos = (found.some(({ id }) => id === line.id) ? found : [line, ...found]).flatMap(photoOf)
    persons.set(patientId, photos)
    return photos
  }
  return (line) => {
    const own = photoOf(line)
    if (!own[0]) return undefined
    return line.patientId === undefined ? eyesVerdictWith(own[0], own) : eyesVerdictWith(own[0], photosOf(line, line.patientId), patients.find(line.patientId)?.eyeExcuses)
  }
}
