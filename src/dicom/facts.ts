import type { DicomFacts, Laterality } from '../domain/image-content.js'
import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import type { DataSet } from './data-set.js'
import { openObject, type OpenedObject } from './part10.js'
import { takenAtOf } from './taken-at.js'
import { itemsOf } from './walk.js'

const BAD_DICOM: Problem = problem('bad-dicom', 'The DICOM header cannot be read. Send the image again from the device; if it fails again, export it as JPEG or PNG.')

/** SOP class and instance, modality, patient's name and id, study, rows: without any of them the bytes are no object. */
const IDENTIFYING = [0x00080016, 0x00080018, 0x00080060, 0x00100010, 0x00100020, 0x0020000d, 0x00280010]

/** The facts of an object: lenient, stops before Pixel Data, needs only the head of the file. */
export function readFacts(bytes: Uint8Array): Result<DicomFacts, Problem> {
  const opened = openObject(bytes)
  if (!opened || !IDENTIFYING.some((tag) => opened.dataSet.has(tag))) return err(BAD_DICOM)
  return ok(factsOf(opened))
}

/** The facts of an opened object. UIDs that are missing become empty text. */
export function factsOf({ meta, dataSet, transferSyntaxUid }: OpenedObject): DicomFacts {
  const text = (tag: number): string | undefined => dataSet.text(tag)
  const code = (tag: number): string | undefined => dataSet.strings(tag)[0]?.toUpperCase() || undefined
  return withoutUndefined({
    sopClassUid: dataSet.strings(0x00080016)[0] ?? meta.strings(0x00020002)[0] ?? '',
    sopInstanceUid: dataSet.strings(0x00080018)[0] ?? meta.strings(0x00020003)[0] ?? '',
    studyInstanceUid: dataSet.strings(0x0020000d)[0],
    seriesInstanceUid: dataSet.strings(0x0020000e)[0],
    transferSyntaxUid,
    modality: code(0x00080060),
    bodyPart: bodyPartOf(dataSet),
    viewPosition: code(0x00185101) ?? codedView(dataSet),
    laterality: lateralityOf(dataSet),
    patientId: text(0x00100020),
    patientName: text(0x00100010),
    patientBirthDate: tidyDate(code(0x00100030)),
    patientSex: code(0x00100040),
    patientAgeYears: ageYears(dataSet),
    studyDate: tidyDate(code(0x00080020)) ?? tidyDate(code(0x00080022)),
    takenAt: takenAtOf(dataSet),
    manufacturer: text(0x00080070),
    burnedInAnnotation: yesNo(code(0x00280301)),
    pixelSpacingMm: pixelSpacing(dataSet)
  })
}

function withoutUndefined(facts: DicomFacts): DicomFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as DicomFacts
}

/** Pixel Spacing (calibrated), else Imager Pixel Spacing; PS3.3 10.7.1: first between rows, then between columns. */
function pixelSpacing(dataSet: DataSet): DicomFacts['pixelSpacingMm'] {
  const spacings = [0x00280030, 0x00181164].map((tag) => dataSet.strings(tag).map(Number))
  const [row, column] = spacings.find((pair) => pair.length === 2 && pair.every((value) => value > 0 && Number.isFinite(value))) ?? []
  return row === undefined || column === undefined ? undefined : { row, column }
}

/** Body Part Examined, else the meaning of the coded Anatomic Region. */
function bodyPartOf(dataSet: DataSet): string | undefined {
  const plain = dataSet.text(0x00180015)
  if (plain) return plain.toUpperCase()
  return itemsOf(dataSet, 0x00082218)[0]?.text(0x00080104)?.toUpperCase()
}

/** PA or AP from the View Code Sequence of DX objects (PS3.16 CID 4010; SNOMED and SRT codes). */
function codedView(dataSet: DataSet): string | undefined {
  const value = itemsOf(dataSet, 0x00540220)[0]?.strings(0x00080100)[0]
  const views: Readonly<Record<string, string>> = { 'R-10206': 'AP', '399348003': 'AP', 'R-10214': 'PA', '272479007': 'PA', 'R-10236': 'LL', '399067008': 'LL' }
  return value === undefined ? undefined : views[value]
}

function lateralityOf(dataSet: DataSet): Laterality | undefined {
  const value = [0x00200062, 0x00200060].map((tag) => dataSet.strings(tag)[0]?.toUpperCase().charAt(0)).find((side) => side === 'L' || side === 'R')
  return value as Laterality | undefined
}

const yesNo = (value: string | undefined): boolean | undefined => (value === 'YES' ? true : value === 'NO' ? false : undefined)

/** `yyyymmdd`, from it or from the ACR-NEMA form `yyyy.mm.dd` and its relatives. */
function tidyDate(value: string | undefined): string | undefined {
  const digits = /^(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})/.exec(value ?? '')
  return digits ? `${digits[1]}${digits[2]}${digits[3]}` : undefined
}

/** Study, Acquisition, Series and Content Date: any of them tells how old the patient was. */
const TAKEN_ON = [0x00080020, 0x00080022, 0x00080021, 0x00080023]

/** Years from Patient's Age (nnnD/W/M/Y), else between birth and study date. */
function ageYears(dataSet: DataSet): number | undefined {
  const age = /^(\d{1,3})([DWMY]?)$/.exec(dataSet.strings(0x00101010)[0]?.toUpperCase() ?? '')
  const unit = { D: 365.25, W: 52.18, M: 12, Y: 1 }[age?.[2] || 'Y'] ?? 1
  if (age && (Number(age[1]) > 0 || unit > 1)) return Math.floor(Number(age[1]) / unit)
  const birth = tidyDate(dataSet.strings(0x00100030)[0])
  const taken = TAKEN_ON.map((tag) => tidyDate(dataSet.strings(tag)[0])).find((date) => date !== undefined)
  if (!birth || !taken || taken < birth) return undefined
  const years = Math.floor((Number(taken) - Number(birth)) / 10_000)
  return years <= 130 ? years : undefined
}
