import type { DataSet } from './data-set.js'
import { openObject } from './part10.js'
import { itemsOf } from './walk.js'

/** A structured report as far as a person reads it; `references` are the objects it was written of. */
export type ReadReport = {
  readonly sopInstanceUid: string
  readonly studyInstanceUid: string
  readonly patientId: string
  /** Who built what wrote it, and which model (PS3.3 C.7.5.1); empty where it does not say. */
  readonly manufacturer: string
  readonly modelName: string
  readonly replaces: readonly string[]
  readonly references: readonly string[]
  readonly author?: string
  /** yyyy-mm-dd */
  readonly writtenOn?: string
  readonly final: boolean
  readonly lines: readonly { readonly about: string; readonly text: string }[]
}

const TAG = {
  sopInstance: 0x00080018, manufacturer: 0x00080070, modelName: 0x00081090, contentDate: 0x00080023, patientId: 0x00100020, study: 0x0020000d, referencedSeries: 0x00081115, referencedSop: 0x00081199, referencedInstance: 0x00081155,
  meaning: 0x00080104, code: 0x00080100, relationship: 0x0040a010, valueType: 0x0040a040, concept: 0x0040a043, verifyingObservers: 0x0040a073, verifyingName: 0x0040a075, authors: 0x0040a078,
  personName: 0x0040a123, text: 0x0040a160, codeValue: 0x0040a168, measured: 0x0040a300, number: 0x0040a30a, units: 0x004008ea, predecessors: 0x0040a360, evidence: 0x0040a375, otherEvidence: 0x0040a385,
  completion: 0x0040a491, verification: 0x0040a493, preliminary: 0x0040a496, content: 0x0040a730, date: 0x0040a121
} as const
const MOST_LINES = 80
const MOST_CHARACTERS = 2_000
const MOST_DEPTH = 12

/** Reads any SR (PS3.3 C.17) without knowing its template; undefined when it is none, damaged or not complete. */
export function readReport(file: Uint8Array): ReadReport | undefined {
  const opened = openObject(file)
  if (!opened || opened.damaged) return undefined
  const { dataSet } = opened
  const uid = dataSet.strings(TAG.sopInstance)[0]
  const study = dataSet.strings(TAG.study)[0]
  if (!uid || !study || !dataSet.has(TAG.content) || dataSet.strings(TAG.completion)[0] === 'PARTIAL') return undefined
  const author = authorOf(dataSet)
  const writtenOn = dayOf(dataSet.strings(TAG.contentDate)[0])
  return {
    sopInstanceUid: uid, studyInstanceUid: study, patientId: dataSet.text(TAG.patientId) ?? '', manufacturer: dataSet.text(TAG.manufacturer) ?? '', modelName: dataSet.text(TAG.modelName) ?? '', replaces: instancesIn(dataSet, TAG.predecessors),
    references: [...new Set([...instancesIn(dataSet, TAG.evidence), ...instancesIn(dataSet, TAG.otherEvidence), ...referencesIn(dataSet, 0)])],
    ...(author ? { author } : {}), ...(writtenOn ? { writtenOn } : {}),
    final: dataSet.strings(TAG.verification)[0] === 'VERIFIED' && dataSet.strings(TAG.preliminary)[0] !== 'PRELIMINARY', lines: linesIn(dataSet, 0).slice(0, MOST_LINES)
  }
}

/** yyyy-mm-dd; a day that no calendar has is none. */
function dayOf(text = ''): string | undefined {
  const day = /^(\d{4})(\d{2})(\d{2})$/.exec(text)?.slice(1).join('-')
  return day !== undefined && !Number.isNaN(Date.parse(day)) ? day : undefined
}

const named = (text: string | undefined): string | undefined => text?.split('=')[0]?.replaceAll('^', ' ').replaceAll(/\s+/g, ' ').trim() || undefined

function authorOf(set: DataSet): string | undefined {
  const signed = itemsOf(set, TAG.verifyingObservers).at(-1)?.text(TAG.verifyingName)
  return named(signed) ?? named(itemsOf(set, TAG.authors)[0]?.text(TAG.personName))
}

const instancesIn = (set: DataSet, tag: number): string[] =>
  itemsOf(set, tag).flatMap((study) => itemsOf(study, TAG.referencedSeries)).flatMap((series) => itemsOf(series, TAG.referencedSop)).flatMap((one) => one.strings(TAG.referencedInstance))

function referencesIn(set: DataSet, depth: number): string[] {
  if (depth > MOST_DEPTH) return []
  return itemsOf(set, TAG.content).flatMap((item) => [...itemsOf(item, TAG.referencedSop).flatMap((one) => one.strings(TAG.referencedInstance)), ...referencesIn(item, depth + 1)])
}

/** What is said, in the order of the tree; who observed in which language is left out. */
function linesIn(set: DataSet, depth: number): { about: string; text: string }[] {
  if (depth > MOST_DEPTH) return []
  return itemsOf(set, TAG.content).flatMap((item) => {
    const relationship = item.strings(TAG.relationship)[0]
    if (relationship === 'HAS OBS CONTEXT' || relationship === 'HAS CONCEPT MOD') return []
    const text = valueOf(item)?.slice(0, MOST_CHARACTERS)
    return [...(text ? [{ about: wordOf(item, TAG.concept) ?? '', text }] : []), ...linesIn(item, depth + 1)]
  })
}

const wordOf = (item: DataSet, tag: number): string | undefined => {
  const [code] = itemsOf(item, tag)
  return code?.text(TAG.meaning) ?? code?.text(TAG.code)
}

function valueOf(item: DataSet): string | undefined {
  switch (item.strings(TAG.valueType)[0]) {
    case 'TEXT': return item.text(TAG.text)
    case 'CODE': return wordOf(item, TAG.codeValue)
    case 'PNAME': return named(item.text(TAG.personName))
    case 'DATE': return item.text(TAG.date)
    case 'NUM': {
      const [measured] = itemsOf(item, TAG.measured)
      const [unit] = measured ? itemsOf(measured, TAG.units) : []
      const units = unit?.text(TAG.code)
      return measured && [measured.text(TAG.number), units === '1' ? undefined : units].filter(Boolean).join(' ')
    }
    default: return undefined
  }
}
