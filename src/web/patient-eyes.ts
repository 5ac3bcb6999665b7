import { DamagedError, NotFoundError } from '../domain/errors.js'
import type { PatientId } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import type { Study, StudySummary } from '../domain/study.js'
import type { EyePhoto, EyesVerdict } from '../programmes/eyes.js'
import { MOST_PHOTOS, eyePhotoOf, eyesVerdict, eyesVerdictWith } from '../programmes/eyes.js'
import type { StudyReader } from './dependencies.js'

type Looked = { readonly patient: Patient; /** The study as the one who looks may see it. */ readonly view?: (study: Study) => Study; /** The photo whose round is meant; the newest round without. It counts however many came since. */ readonly of?: EyePhoto }

/** The newest photos of the person's eyes, whatever other images came since: a photo that is left out might be the one that refers. */
export const eyePhotosOf = (store: Pick<StudyReader, 'list'>, patientId: PatientId): readonly StudySummary[] =>
  store.list({ patientId, modality: 'fundus', order: 'newest', limit: MOST_PHOTOS }).studies

/** The verdict of a person from the photos of both eyes; undefined where there is none. A damaged document counts as no photo: nothing is cleared by it. */
export async function readEyes(store: Pick<StudyReader, 'read' | 'list'>, { patient, of, view = (study) => study }: Looked): Promise<EyesVerdict | undefined> {
  const photos = await Promise.all(eyePhotosOf(store, patient.id).map(({ id }) => readOrNothing(store, id)))
  const seen = photos.flatMap((study) => (study && eyePhotoOf(view(study))) ?? [])
  if (!of) return eyesVerdict(seen, patient.eyeExcuses)
  return eyesVerdictWith(of, seen.some(({ id }) => id === of.id) ? seen : [of, ...seen], patient.eyeExcuses)
}

/** Both eyes of the person in the round of this photo; undefined for what is none of an eye. Where their photos can not be looked at, it is one eye alone. */
export async function eyesOfPhoto(store: Pick<StudyReader, 'read' | 'list'>, study: Study, { patient, ...looked }: Omit<Looked, 'patient' | 'of'> & { readonly patient: Patient | undefined }): Promise<EyesVerdict | undefined> {
  const own = eyePhotoOf(looked.view ? looked.view(study) : study)
  if (!own) return undefined
  return (patient && await readEyes(store, { ...looked, patient, of: own })) ?? eyesVerdict([own])
}

async function readOrNothing(store: Pick<StudyReader, 'read'>, id: string) {
  try {
    return await store.read(id)
  } catch (error) {
    if (error instanceof DamagedError || error instanceof NotFoundError) return undefined
    throw error
  }
}
