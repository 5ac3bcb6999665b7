import type { Triage } from '../domain/finding.js'
import type { Problem } from '../domain/problem.js'
import type { Reading } from '../domain/reading.js'
import type { Question, Study, StudyState } from '../domain/study.js'

/** Codes of questions that a reading raises; others (a duplicate UID, say) stay as they are. */
const RAISED: ReadonlySet<Question['code']> = new Set(['which-pack', 'age-unknown', 'laterality-conflict'])

const DISC_ON_OTHER_SIDE: Question = {
  code: 'laterality-conflict', text: 'The optic disc lies where it would in the other eye. Check which eye this is, and whether the camera turns its pictures upside down.'
}

export const isPending = ({ state }: Study): boolean => state === 'received' || state === 'analysing'

/** A reading begins: written before the reader is asked, so that one that kills the machine is counted. */
export const beginReading = (study: Study): Study => ({ ...study, state: 'analysing', attempts: study.attempts + 1 })

/** The reader was not there, or was stopped: the attempt does not count. */
export const postponeReading = (study: Study): Study => ({ ...study, state: 'received', attempts: Math.max(0, study.attempts - 1) })

/** The reader ended while it read this study: the attempt counts, and the reason is kept in case it was the last. */
export const crashReading = (study: Study, failure: Problem): Study => ({ ...study, state: 'received', failure })

/** Reading gave up; `retry` begins anew. */
export const failReading = (study: Study, failure: Problem): Study => ({ ...study, state: 'failed', failure })

/**
 * A finished reading and its verdict. Nobody knows what it shows: a person is asked (`needs-input`). A tuberculosis pack and no age known: the score
 * stands and the study is `ready`, because a film without an age is the rule in the field, but the question stands in place of its verdict (`awaitsAge`).
 * The DICOM facts are kept once, in the study and not in the reading.
 */
export function finishReading(study: Study, reading: Reading, outcome: { readonly triage: Triage; readonly askAge: boolean; readonly age?: Reading['age'] }): Study {
  const questions = [...study.questions.filter(({ code }) => !RAISED.has(code)), ...questionsOf(reading, outcome.askAge), ...sideQuestion(study, reading)]
  const state: StudyState = questions.some(({ code }) => code === 'which-pack') ? 'needs-input' : 'ready'
  const laterality = study.laterality ?? reading.laterality
  const fromDisc = study.lateralityFromDisc ?? (study.laterality === undefined && reading.eyeByDisc !== undefined && (study.dicom ?? reading.dicom)?.laterality === undefined)
  return {
    ...study, state, attempts: 0, failure: undefined, reading: { ...reading, dicom: undefined, ...(outcome.age ? { age: outcome.age } : {}) }, triage: outcome.triage, questions,
    ...(reading.modality ? { modality: reading.modality } : {}), ...(laterality ? { laterality } : {}), ...(fromDisc ? { lateralityFromDisc: true } : {}),
    ...(study.dicom ?? reading.dicom ? { dicom: study.dicom ?? reading.dicom } : {})
  }
}

/** What a device, a file or a visit says of the eye is doubted when the optic disc lies on the other side; a person's answer is not. */
function sideQuestion({ laterality, answers, questions }: Study, { eyeByDisc }: Reading): Question[] {
  const asked = questions.filter(({ code }) => code === 'laterality-conflict')
  if (answers.laterality !== undefined) return []
  if (asked.length > 0) return asked
  return eyeByDisc !== undefined && laterality !== undefined && laterality !== eyeByDisc ? [DISC_ON_OTHER_SIDE] : []
}

/** Where the kind is known and only its pack is missing, a nurse can't help: nothing is asked. */
function questionsOf({ pack, modality, quality }: Reading, askAge: boolean): Question[] {
  if (pack === null && modality === undefined && quality.reasons.some(({ code }) => code === 'no-pack')) {
    return [{ code: 'which-pack', text: 'What does this picture show? Choose the kind of image, and it is read.' }]
  }
  return askAge ? [{ code: 'age-unknown', text: 'How old is the patient? The chest reading is made for people from 15 years.' }] : []
}
