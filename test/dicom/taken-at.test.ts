import { describe, expect, it } from 'vitest'
import { readFacts } from '../../src/dicom/codec.js'
import { makeDicom } from '../generators/dicom.js'
import type { Element } from '../generators/dicom-elements.js'

const takenAt = (...extra: Element[]): string | undefined => {
  const facts = readFacts(makeDicom({ extra }))
  if (!facts.ok) throw new Error(facts.error.code)
  return facts.value.takenAt
}
const date = (tag: number, value: string): Element => ({ tag, vr: 'DA', value })
const time = (tag: number, value: string): Element => ({ tag, vr: 'TM', value })

describe('when an image was taken', () => {
  it.each<[string, Element[], string | undefined]>([
    ['is Acquisition DateTime', [{ tag: 0x0008002a, vr: 'DT', value: '20260301101500.123' }], '2026-03-01T10:15:00'],
    ['with its zone', [{ tag: 0x0008002a, vr: 'DT', value: '20260301101500+0300' }], '2026-03-01T10:15:00+03:00'],
    ['is Acquisition Date and Time, in the zone of the object', [date(0x00080022, '20260301'), time(0x00080032, '101500.5'), { tag: 0x00080201, vr: 'SH', value: '-0530' }], '2026-03-01T10:15:00-05:30'],
    ['is Content Date and Time where nothing better is there, in the old spelling', [date(0x00080023, '2026.03.01'), time(0x00080033, '10:15:00')], '2026-03-01T10:15:00'],
    ['is unknown with a date alone', [date(0x00080022, '20260301')], undefined],
    ['is unknown when it is no time', [date(0x00080022, '20261399'), time(0x00080032, '999999')], undefined],
    ['is unknown when nothing is said', [], undefined]
  ])('%s', (_what, extra, expected) => {
    expect(takenAt(...extra)).toBe(expected)
  })
})
