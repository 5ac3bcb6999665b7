import type { Arrival } from '../domain/arrival.js'
import type { PatientId } from '../domain/ids.js'
import { PATIENT_ID_PATTERN } from '../domain/ids.js'
import type { DicomFacts, Laterality, Modality } from '../domain/image-content.js'
import type { Patient } from '../domain/patient.js'
import type { Question } from '../domain/study.js'
import type { Belonging, HoldingVisit, Take, VisitId } from '../domain/visit.js'
import { compactNumber, wordsOf } from './normalise.js'

/** A visit; `begunAfter`: the picture is known to be older than it. */
type Known = { readonly visitId: VisitId; readonly begunAfter?: boolean }
/** The visit with its person as the records stand, merged ones followed. */
type Held = HoldingVisit & Known & { readonly patient: Patient }

/** What the house knows at the moment of delivery. */
export type BelongingFacts = {
  readonly arrival: Pick<Arrival, 'patientId' | 'laterality'>
  readonly dicom?: DicomFacts
  /** The visit that holds the station (or held it when the picture was begun), and its person. */
  readonly held?: Held
  /** A registered person by our own number. */
  patientOf(id: PatientId): Patient | undefined
  /** A registered person by the clinic's number, where only one has it. */
  patientByIdentifier(identifier: string): Patient | undefined
  /** The open visit of a person. */
  openVisitOf(id: PatientId): Known | undefined
  /** Whether the device used this number of its own for another person's visit. */
  usedForAnother(number: string, visitId: VisitId): boolean
}

const WHOSE: Question = { code: 'whose-is-this', text: 'The name, the number or the time inside the image is not that of the visit that is open on this device. Say whose image this is.' }
const WHICH_SIDE: Question = { code: 'laterality-conflict', text: 'The image and the visit disagree about which eye this is. Choose the eye.' }

/**
 * In this order: the person chosen for this very file, unless our own number inside it is another's; a number inside the image that is
 * ours, whatever visit is open;
 * the visit that holds the device, unless the image's own identity or age speaks against it; else nobody yet.
 */
export function belongingOf(facts: BelongingFacts): Belonging {
  const { arrival, dicom, held } = facts
  const ours = ourPatient(facts)
  if (arrival.patientId !== undefined) {
    const chosen = facts.patientOf(arrival.patientId)?.id ?? arrival.patientId
    return ours && ours.id !== chosen ? asked(facts, facts.openVisitOf(chosen)?.visitId) : ofPatient(facts, chosen)
  }
  if (ours) return ofPatient(facts, ours.id)
  if (!held) return sideOf(arrival, dicom)
  if (held.begunAfter || speaksAgainst(facts, held)) return asked(facts, held.visitId)
  return ofVisit(facts, held)
}

function asked({ arrival, dicom }: BelongingFacts, proposedVisitId: VisitId | undefined): Belonging {
  const { questions, ...side } = sideOf(arrival, dicom)
  return { ...side, ...(proposedVisitId === undefined ? {} : { proposedVisitId }), questions: [WHOSE, ...questions] }
}

function ourPatient({ dicom, patientOf }: BelongingFacts): Patient | undefined {
  const id = dicom?.patientId
  return id !== undefined && PATIENT_ID_PATTERN.test(id) ? patientOf(id) : undefined
}

/** To the person, and to the visit that holds the device when it is theirs, else to their own open one; a picture from before it is of none. */
function ofPatient(facts: BelongingFacts, patientId: PatientId): Belonging {
  const { held, arrival, dicom } = facts
  if (held?.patient.id === patientId && !held.begunAfter) return ofVisit(facts, held)
  const open = facts.openVisitOf(patientId)
  return { patientId, ...(open && !open.begunAfter ? { visitId: open.visitId } : {}), ...sideOf(arrival, dicom) }
}

function ofVisit({ arrival, dicom }: BelongingFacts, { patient, visitId, take }: Held): Belonging {
  const shown = take && fits(take, dicom) ? take : undefined
  const { laterality: said, questions } = sideOf(arrival, dicom)
  const base = { patientId: patient.id, visitId, ...(shown ? { take: shown.code } : {}) }
  if (questions.length > 0 || (said !== undefined && shown?.laterality !== undefined && said !== shown.laterality)) return { ...base, questions: [WHICH_SIDE] }
  const laterality = said ?? shown?.laterality
  return { ...base, ...(laterality === undefined ? {} : { laterality }), questions: [] }
}

/** What a person or the file's name said, and what is inside; nothing where the two are at odds. */
function sideOf(arrival: Pick<Arrival, 'laterality'>, dicom: DicomFacts | undefined): { laterality?: Laterality; questions: readonly Question[] } {
  if (arrival.laterality && dicom?.laterality && arrival.laterality !== dicom.laterality) return { questions: [WHICH_SIDE] }
  const laterality = arrival.laterality ?? dicom?.laterality
  return { ...(laterality === undefined ? {} : { laterality }), questions: [] }
}

/** DICOM modalities that can't be what was to be taken: then the button says nothing of this image. */
const ELSEWHERE: Readonly<Record<Modality, readonly string[]>> = {
  fundus: ['CR', 'DX', 'DR', 'CT', 'MR', 'MG', 'RF', 'US'], cxr: ['US', 'OP', 'OPT', 'OPM', 'CT', 'MR', 'MG'], ultrasound: ['CR', 'DX', 'DR', 'OP', 'OPT', 'OPM', 'CT', 'MR', 'MG']
}
const fits = (take: Take, dicom: DicomFacts | undefined): boolean => !ELSEWHERE[take.modality].includes(dicom?.modality ?? '')

/** Devices without an entry fill the field with words like these; they name nobody. */
const NOBODY = /^(anon.*|unknown|noname|no|name|patient|test|emergency|guest|default|demo|na|none|null|x+|0+)$/iu

/** Whether what the image says of its person can't be the person of the visit. A number of the device's own alone says nothing. */
function speaksAgainst({ dicom, patientByIdentifier, usedForAnother }: BelongingFacts, held: Held): boolean {
  if (!dicom) return false
  const { patient } = held
  const number = dicom.patientId?.trim() ?? ''
  if (number !== '' && compactNumber(number) === compactNumber(patient.identifier ?? '')) return false
  if (PATIENT_ID_PATTERN.test(number)) return true
  const other = number === '' ? undefined : patientByIdentifier(number)
  return (other !== undefined && other.id !== patient.id) || (number !== '' && usedForAnother(number, held.visitId)) ||
    differs(dicom.patientBirthDate?.replaceAll(/\D/g, ''), patient.birthDate?.replaceAll('-', '')) ||
    (dicom.patientSex !== patient.sex && /^[FM]$/.test(dicom.patientSex ?? '') && /^[FM]$/.test(patient.sex ?? '')) ||
    isOtherName(dicom.patientName, patient.name)
}

const differs = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a !== '' && b !== undefined && a !== b

/** Every word of the shorter name has to be one of the longer; one shared given name is no proof. Another script counts as another name. */
function isOtherName(said: string | undefined, name: string): boolean {
  const words = wordsOf(said ?? '').filter((word) => !NOBODY.test(word))
  if (words.length === 0) return false
  const known = wordsOf(name)
  const [shorter, longer] = words.length <= known.length ? [words, known] : [known, words]
  return !shorter.every((word) => longer.some((each) => each === word || (word.length === 1 && each.startsWith(word))))
}
