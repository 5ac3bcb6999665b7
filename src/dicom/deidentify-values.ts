import type { DataSet, RawElement } from './data-set.js'
import { textValue } from './encode-element.js'

/** What stands in the place of what could tell who it is. The same person and key always give the same. */
export type Pseudonyms = {
  /** Patient ID and name of a person. */
  readonly patient: string
  /** Dates of the person move by so many days. */
  readonly shiftDays: number
  /** Another UID for a UID, the same each time. */
  uid(old: string): string
}

const DUMMY_TEXT = 'ANONYMIZED'
const DUMMIES: Readonly<Record<string, string>> = { DA: '19000101', TM: '000000', DT: '19000101000000', AS: '000Y', IS: '0', DS: '0', UR: 'urn:anonymized' }
const TEXT: ReadonlySet<string> = new Set(['PN', 'AE', 'CS', 'LO', 'LT', 'SH', 'ST', 'UC', 'UT'])
const DAY_MS = 86_400_000

/** A value of the VR that says nothing. Numbers become zero; bytes of unknown meaning go. */
export function dummyValue(vr: string, length: number): Buffer {
  if (TEXT.has(vr)) return textValue(DUMMY_TEXT, vr)
  const dummy = DUMMIES[vr]
  if (dummy !== undefined) return textValue(dummy, vr)
  return /^(OB|OW|OF|OD|OL|OV|UN|AT)$/.test(vr) ? Buffer.alloc(0) : Buffer.alloc(length)
}

/** Each UID of the value replaced; UIDs of the standard itself name no one and stay. */
export function otherUids(set: DataSet, { tag }: Pick<RawElement, 'tag'>, { uid }: Pseudonyms): Buffer {
  return textValue(set.strings(tag).map((old) => (old === '' || old.startsWith('1.2.840.10008.') ? old : uid(old))).join('\\'), 'UI')
}

/** Dates moved by the days of the person, times of day as they are; what is no date becomes empty. */
export function shiftedDates(set: DataSet, { tag }: Pick<RawElement, 'tag'>, vr: string, { shiftDays }: Pseudonyms): Buffer {
  if (vr === 'TM') return textValue(set.strings(tag).filter((time) => /^\d{2,6}(\.\d{1,6})?$/.test(time)).join('\\'), vr)
  const shifted = set.strings(tag).map((value) => {
    const [, date, rest = ''] = /^(\d{4}\.?\d{2}\.?\d{2})(\d{0,6}(?:\.\d{1,6})?(?:[+-]\d{4})?)$/.exec(value) ?? []
    return date === undefined || (vr === 'DA' && rest !== '') ? '' : `${shiftDay(date.replaceAll('.', ''), shiftDays)}${rest}`
  })
  return textValue(shifted.join('\\'), vr)
}

function shiftDay(digits: string, days: number): string {
  const day = Date.UTC(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)) - 1, Number(digits.slice(6, 8)))
  return Number.isNaN(day) ? '' : new Date(day + days * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')
}
