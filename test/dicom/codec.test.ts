import { describe, expect, it } from 'vitest'
import type { DicomFacts } from '../../src/domain/image-content.js'
import { dataSetOffset, itemsOf, openObject, readFacts, writePart10 } from '../../src/dicom/codec.js'
import { makeDataSet, makeDicom, SYNTAX, type DicomOptions } from '../generators/dicom.js'

function factsOf(options: DicomOptions): DicomFacts {
  const facts = readFacts(makeDicom(options))
  if (!facts.ok) throw new Error(facts.error.code)
  return facts.value
}

describe('the facts of an object', () => {
  it.each(Object.entries(SYNTAX))('are the same in %s', (_name, transferSyntax) => {
    expect(factsOf({ transferSyntax, bodyPart: 'CHEST', viewPosition: 'pa', laterality: 'L', patientSex: 'F', patientAge: '034Y', sopInstanceUid: '2.25.5' })).toEqual({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.1', sopInstanceUid: '2.25.5', studyInstanceUid: '2.25.108', seriesInstanceUid: '2.25.109', transferSyntaxUid: transferSyntax,
      modality: 'CR', bodyPart: 'CHEST', viewPosition: 'PA', laterality: 'L', patientId: 'PHANTOM-1', patientName: 'Phantom^Test', patientSex: 'F', patientAgeYears: 34, studyDate: '20250102'
    })
  })

  it('need only the head of the file', () => {
    const head = makeDicom({ columns: 1000, rows: 1000 }).subarray(0, 4096)
    expect(readFacts(head)).toMatchObject({ ok: true, value: { modality: 'CR', patientId: 'PHANTOM-1' } })
  })

  it.each([[undefined, '19900615', 34], ['006M', undefined, 0], ['010W', undefined, 0], ['000Y', '20240101', 1], ['', '19900101', 35], ['abc', undefined, undefined], [undefined, '20300101', undefined]])(
    'tell the age from %s and birth %s', (patientAge, patientBirthDate, years) => {
      expect(factsOf({ patientAge, patientBirthDate }).patientAgeYears).toBe(years)
    })

  it('read old dates', () => {
    expect(factsOf({ studyDate: '1994.11.05', patientBirthDate: '1950.01.02' })).toMatchObject({ studyDate: '19941105', patientBirthDate: '19500102', patientAgeYears: 44 })
  })

  it.each([[0x00080022], [0x00080021], [0x00080023]])('tell the age by another date where the study has none (%i)', (tag) => {
    expect(factsOf({ studyDate: '', patientBirthDate: '20200101', extra: [{ tag, vr: 'DA', value: '20240301' }] }).patientAgeYears).toBe(4)
  })

  it('find body part and view in the coded sequences of DX', () => {
    const code = (value: string, meaning: string) => [{ tag: 0x00080100, vr: 'SH', value }, { tag: 0x00080104, vr: 'LO', value: meaning }]
    const extra = [{ tag: 0x00082218, vr: 'SQ', value: [code('T-D3000', 'Chest')], undefinedLength: true }, { tag: 0x00540220, vr: 'SQ', value: [code('R-10214', 'postero-anterior')] }]
    expect(factsOf({ extra })).toMatchObject({ bodyPart: 'CHEST', viewPosition: 'PA' })
  })

  it('of bytes that are no DICOM are a problem', () => {
    expect(readFacts(Buffer.from('not dicom'))).toMatchObject({ ok: false, error: { code: 'bad-dicom' } })
    expect(readFacts(Buffer.alloc(0))).toMatchObject({ ok: false, error: { code: 'bad-dicom' } })
  })
})

describe('damage and oddities', () => {
  it('a VR that does not exist is passed over', () => {
    const bytes = makeDicom()
    const at = bytes.indexOf(Buffer.from('LO'))
    bytes.write('??', at)
    expect(readFacts(bytes)).toMatchObject({ ok: true, value: { modality: 'CR', sopInstanceUid: '2.25.4815162342' } })
  })

  it('encapsulated icons inside a sequence do not end the walk', () => {
    const icon = Buffer.concat([Buffer.from('feff00e000000000feff00e004000000ffd8ffd9feffdde000000000', 'hex')])
    const item = [{ tag: 0x7fe00010, vr: 'OB', value: icon, undefinedLength: true }]
    const object = openObject(makeDicom({ extra: [{ tag: 0x00880200, vr: 'SQ', value: [item], undefinedLength: true }] }))
    expect(object?.dataSet.elements.has(0x00880200)).toBe(true)
    expect(object?.pixelData).toBeDefined()
  })

  it('sequences nest to any sane depth and stop at an absurd one', () => {
    const nest = (depth: number): Buffer => depth === 0 ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from('08004011', 'hex'), Buffer.from('SQ'), Buffer.from('0000ffffffff', 'hex'), Buffer.from('feff00e0ffffffff', 'hex'), nest(depth - 1)])
    expect(openObject(Buffer.concat([makeDicom({ extra: [{ tag: 0x7fe00010, vr: 'OW', value: new Uint8Array(0) }] }), nest(5000)]))).toBeDefined()
  })

  it('an item inherits the character set of its data set', () => {
    const extra = [{ tag: 0x00081140, vr: 'SQ', value: [[{ tag: 0x00100010, vr: 'PN', value: Buffer.from('bbeeda', 'hex') }]] }]
    const object = openObject(makeDicom({ charset: 'ISO_IR 144', extra }))
    expect(object && itemsOf(object.dataSet, 0x00081140)[0]?.text(0x00100010)).toBe('Люк')
  })
})

describe('Part 10', () => {
  it('holds the data set as it was, behind our meta header', () => {
    const dataSet = makeDataSet({ sopInstanceUid: '2.25.9' })
    const file = writePart10(dataSet, { sopClassUid: '1.2.840.10008.5.1.4.1.1.1', sopInstanceUid: '2.25.9', transferSyntaxUid: SYNTAX.explicit, sourceAeTitle: 'PROBE' })
    expect(file.subarray(dataSetOffset(file)).equals(dataSet)).toBe(true)
    const meta = openObject(file)?.meta
    expect([meta?.strings(0x00020013)[0], meta?.strings(0x00020016)[0], meta?.strings(0x00020012)[0]]).toEqual(['SCREENPOST_1', 'PROBE', expect.stringMatching(/^2\.25\.\d+$/)])
  })

  it('begins its data set where the meta header ends, whatever the group length says', () => {
    const file = makeDicom()
    const offset = dataSetOffset(file)
    file.writeUInt32LE(7, 140)
    expect(dataSetOffset(file)).toBe(offset)
    expect(dataSetOffset(makeDicom({ preamble: false, meta: false }))).toBe(0)
  })
})

describe('lengths beyond sense', () => {
  it('cost no memory: a name of 50 MB is cut', () => {
    const name = Buffer.alloc(50_000_000, 0x41)
    const object = openObject(makeDicom({ transferSyntax: SYNTAX.implicit, patientName: name }))
    expect(object?.dataSet.text(0x00100010)?.length).toBe(65536)
  })
})
