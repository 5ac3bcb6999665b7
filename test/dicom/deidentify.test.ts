import dcmjs from 'dcmjs'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanPixels, deidentify, itemsOf, openObject } from '../../src/dicom/codec.js'
import { CONFIDENTIALITY_TABLE } from '../../src/dicom/deidentify-table.js'
import { describeWith, peerPath } from '../flows/peers.js'
import type { Element } from '../generators/dicom-elements.js'
import { makeDicom, SYNTAX } from '../generators/dicom.js'

const SECRET = 'Wanjiru^Grace'
const SECRET_DAY = '19720309'
const pseudonyms = { patient: 'SP-7Q2MNB4X', shiftDays: -100, uid: (old: string) => `2.25.${[...old].reduce((sum, digit) => (sum * 31 + digit.charCodeAt(0)) % 1e15, 7)}` }
const terms = { pseudonyms, pixelsAreClean: true }

const dictionary = dcmjs.data.DicomMetaDictionary.dictionary
const vrOf = (tag: string): string => {
  const vr = dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`.toUpperCase()]?.vr ?? 'LO'
  return vr.length === 2 ? vr : 'LO'
}
const even = (text: string): Buffer => Buffer.from(text.length % 2 === 0 ? text : `${text} `, 'latin1')
const NUMBERS: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, AT: 4 }

/** A value of the VR by which its owner could be told. */
function telling(vr: string): Buffer {
  if (vr === 'DA') return even(SECRET_DAY)
  if (vr === 'DT') return even(`${SECRET_DAY}101112`)
  if (vr === 'TM') return even('101112')
  if (vr === 'UI') return Buffer.from('1.3.46.670589.777\0', 'latin1')
  if (vr === 'AS') return even('054Y')
  if (vr === 'IS' || vr === 'DS') return even('19720309')
  if (NUMBERS[vr]) return Buffer.alloc(NUMBERS[vr]!, 0x77)
  return even(SECRET)
}
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
const short = (tag: number, vr: string, value: Buffer): Buffer => {
  const head = Buffer.alloc(LONG.has(vr) ? 12 : 8)
  head.writeUInt16LE(tag >>> 16, 0)
  head.writeUInt16LE(tag & 0xffff, 2)
  head.write(vr, 4, 'latin1')
  if (LONG.has(vr)) head.writeUInt32LE(value.length, 8)
  else head.writeUInt16LE(value.length, 6)
  return Buffer.concat([head, value])
}
/** One item with the person's name, a date, a UID and a private attribute in it. */
const item = (): Buffer => {
  const content = Buffer.concat([short(0x00080020, 'DA', even(SECRET_DAY)), short(0x00081155, 'UI', telling('UI')), short(0x00091001, 'LO', even(SECRET)), short(0x00100010, 'PN', even(SECRET)), short(0x0040a123, 'PN', even(SECRET))])
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0])
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content])
}

const rows = CONFIDENTIALITY_TABLE.filter(([tag]) => Number.parseInt(tag.slice(0, 4), 16) >= 8 && !['00080018', '7fe00010'].includes(tag))
const everything: Element[] = rows.map(([tag]) => {
  const vr = vrOf(tag)
  return { tag: Number.parseInt(tag, 16), vr, value: vr === 'SQ' ? item() : telling(vr) }
})
const others: Element[] = [
  { tag: 0x00090010, vr: 'LO', value: even(SECRET) }, { tag: 0x60003000, vr: 'OW', value: even(SECRET) }, { tag: 0x50000005, vr: 'LO', value: even(SECRET) },
  { tag: 0x00080060, vr: 'CS', value: even('DX') }, { tag: 0x00181030, vr: 'LO', value: even(SECRET) }
]
const original = makeDicom({ modality: 'DX', extra: [...everything, ...others] })

describe('every attribute of table E.1-1', () => {
  const out = deidentify(original, terms)!
  const { dataSet } = openObject(out)!

  it('leaves no name, no day and no UID of the person anywhere in the bytes', () => {
    expect(original.includes(SECRET)).toBe(true)
    for (const telltale of [SECRET, SECRET_DAY, '1.3.46.670589.777', '054Y']) {
      const kept = rows.filter(([, , , , device]) => device === 'K').map(([tag]) => Number.parseInt(tag, 16))
      const rest = [...dataSet.elements.values()].filter(({ tag }) => !kept.includes(tag)).filter(({ tag }) => dataSet.raw(tag).includes(telltale)).map(({ tag }) => tag.toString(16))
      expect(rest).toEqual([])
    }
  })

  it.each(rows.map((row) => ({ row, title: row.join(' ') })))('$title', ({ row: [tag, , basic, dates, device] }) => {
    const number = Number.parseInt(tag, 16)
    const vr = vrOf(tag)
    const value = dataSet.raw(number)
    if (tag === '00100010' || tag === '00100020') expect(dataSet.strings(number)).toEqual([pseudonyms.patient])
    else if (['00120062', '00120063', '00120064', '00280303', '00280301'].includes(tag)) expect(dataSet.has(number)).toBe(true)
    else if (device === 'K') expect(vr === 'SQ' || value.equals(telling(vr))).toBe(true)
    else if (dates === 'C' && /^D[AT]$/.test(vr)) expect(dataSet.strings(number)[0]?.slice(0, 8)).toBe('19711130')
    else if (dates === 'C' && vr === 'TM') expect(dataSet.strings(number)).toEqual(['101112'])
    else if (basic === 'X') expect(dataSet.has(number)).toBe(false)
    else if (vr === 'SQ') expect(itemsOf(dataSet, number).every((each) => each.strings(0x00081155)[0] === pseudonyms.uid('1.3.46.670589.777'))).toBe(true)
    else if (basic === 'Z' || basic === 'X/Z') expect([dataSet.has(number), value.length]).toEqual([true, 0])
    else if (basic === 'U') expect(dataSet.strings(number)).toEqual([pseudonyms.uid('1.3.46.670589.777')])
    else expect(value.equals(telling(vr))).toBe(false)
  })

  it('removes private attributes, overlays and curves, and keeps pixels and what tells nothing', () => {
    expect([0x00090010, 0x60003000, 0x50000005].map((tag) => dataSet.has(tag))).toEqual([false, false, false])
    const pixels = (file: Buffer): Buffer => { const opened = openObject(file)!; return opened.dataSet.bytes.subarray(opened.pixelData!.offset, opened.pixelData!.offset + opened.pixelData!.length) }
    expect(pixels(out).equals(pixels(original))).toBe(true)
    expect(dataSet.strings(0x00280010)).toEqual(openObject(original)!.dataSet.strings(0x00280010))
  })

  it('says in the object what was done', () => {
    expect(dataSet.strings(0x00120062)).toEqual(['YES'])
    expect(itemsOf(dataSet, 0x00120064).map((each) => each.strings(0x00080100)[0])).toEqual(['113100', '113107', '113109', '113101'])
    expect(dataSet.strings(0x00280303)).toEqual(['MODIFIED'])
  })

  it('gives the same pseudonym and the same UIDs again, and refuses a damaged object', () => {
    expect(deidentify(original, terms)!.equals(out)).toBe(true)
    expect(deidentify(original.subarray(0, 400), terms)).toBeUndefined()
  })

  it('cleans an object without type names as well', () => {
    const implicit = makeDicom({ modality: 'DX', transferSyntax: SYNTAX.implicit, patientName: SECRET, extra: everything.filter(({ vr }) => vr !== 'SQ') })
    const cleaned = deidentify(implicit, terms)!
    expect(implicit.includes(SECRET)).toBe(true)
    const kept = rows.filter(([, , , , device]) => device === 'K').map(([tag]) => Number.parseInt(tag, 16))
    const set = openObject(cleaned)!.dataSet
    expect([...set.elements.values()].filter(({ tag }) => !kept.includes(tag) && set.raw(tag).includes(SECRET))).toEqual([])
  })
})

describe('writing in the picture', () => {
  const region = (minX = 10, minY = 8, maxX = 50, maxY = 40): Buffer => {
    const at = (tag: number, value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); return short(tag, 'UL', bytes) }
    const content = Buffer.concat([at(0x00186018, minX), at(0x0018601a, minY), at(0x0018601c, maxX), at(0x0018601e, maxY)])
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0])
    head.writeUInt32LE(content.length, 4)
    return Buffer.concat([head, content])
  }

  it('is blacked out around the regions of an ultrasound image', () => {
    const file = makeDicom({ modality: 'US', bitsAllocated: 8, pixels: new Uint8Array(64 * 48).fill(200), extra: [{ tag: 0x00186011, vr: 'SQ', value: region() }] })
    const { outcome, file: masked } = cleanPixels(file, false)
    const { dataSet, pixelData } = openObject(masked)!
    const pixel = (x: number, y: number): number => dataSet.bytes[pixelData!.offset + y * 64 + x]!
    expect([outcome, pixel(0, 0), pixel(9, 20), pixel(10, 8), pixel(50, 40), pixel(51, 40), pixel(63, 47)]).toEqual(['masked', 0, 0, 200, 200, 0, 0])
  })

  it('is for a person to see where one region covers all of a captured screen', () => {
    const whole = region(0, 0, 63, 47)
    expect(cleanPixels(makeDicom({ modality: 'US', bitsAllocated: 8, extra: [{ tag: 0x00186011, vr: 'SQ', value: whole }] }), false).outcome).toBe('unknown')
  })

  it('is for a person to see where nothing tells', () => {
    const saying = (said: string) => ({ extra: [{ tag: 0x00280301, vr: 'CS', value: even(said) }] })
    for (const modality of ['US', 'OT', 'DX', 'OP']) {
      expect(cleanPixels(makeDicom({ modality, bitsAllocated: 8 }), false).outcome).toBe('unknown')
      expect(cleanPixels(makeDicom({ modality, ...saying('NO') }), false).outcome).toBe('unknown')
      expect(cleanPixels(makeDicom({ modality }), true).outcome).toBe('clean')
      expect(cleanPixels(makeDicom({ modality, ...saying('YES') }), true).outcome).toBe('unknown')
    }
  })
})

describeWith(['dcmdump'], 'a de-identified object read by DCMTK', () => {
  let folder: string
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'deidentified-')) })
  afterAll(() => { rmSync(folder, { recursive: true }) })

  it('is a readable object to its last element', () => {
    const path = join(folder, 'object.dcm')
    writeFileSync(path, deidentify(original, terms)!)
    const { status, stdout, stderr } = spawnSync(peerPath('dcmdump')!, [path], { encoding: 'utf8', maxBuffer: 1e8 })
    expect([status, stderr.split('\n').filter((line) => line.startsWith('E:'))]).toEqual([0, []])
    expect(stdout).toContain('PixelData')
  })
})
