import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { openObject, readFacts } from '../../src/dicom/codec.js'
import type { Study } from '../../src/domain/study.js'
import { encapsulatedPdf } from '../../src/report/encapsulated-pdf.js'
import { heatmapCapture } from '../../src/report/heatmap-capture.js'
import { heatmapMap } from '../../src/report/heatmap-map.js'
import { identityOf } from '../../src/report/identity.js'
import { outgoingCopy } from '../../src/report/outgoing-copy.js'
import { baselineJpeg } from '../../src/report/picture.js'
import type { Picture } from '../../src/report/picture.js'
import { rejectionNote } from '../../src/report/rejection-note.js'
import { structuredReport } from '../../src/report/structured-report.js'
import { wrappedImage } from '../../src/report/wrapped-image.js'
import { describeWith, peerPath } from '../flows/peers.js'
import { chestDicom, fundusJpeg } from '../flows/pictures.js'
import { makeDicom } from '../generators/dicom.js'
import { samplePatient, sampleStudy } from './sample-study.js'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'outgoing-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

const image = { sopClassUid: '1.2.840.10008.5.1.4.1.1.77.1.5.1', sopInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2' }
const partsOf = (study: Study) => ({ study, identity: identityOf(study, samplePatient), siteName: 'Hillside Clinic', softwareVersion: '0.1.0', at: '2026-03-04T10:00:00.000Z' })
const grey: Picture = { width: 6, height: 5, channels: 1, bytes: new Uint8Array(30).fill(7), encoding: 'raw' }
const rgb: Picture = { width: 5, height: 5, channels: 3, bytes: new Uint8Array(75).fill(9), encoding: 'raw' }

function judge(bytes: Buffer): string[] {
  const path = join(folder, 'object.dcm')
  writeFileSync(path, bytes)
  const { stderr } = spawnSync(peerPath('dciodvfy')!, [path], { encoding: 'utf8' })
  return stderr.split('\n').filter((line) => line.startsWith('Error'))
}
function dump(bytes: Buffer): string {
  const path = join(folder, 'dump.dcm')
  writeFileSync(path, bytes)
  return execFileSync(peerPath('dcmdump')!, ['+L', path], { encoding: 'utf8', maxBuffer: 1e8 })
}

const report = (study: Study, predecessors: string[] = []) => structuredReport({ ...partsOf(study), sopInstanceUid: '2.25.3', revision: 1 + predecessors.length, predecessors: predecessors.map((sopInstanceUid) => ({ sopInstanceUid })), image })
const unreviewed: Study = { ...sampleStudy, reviews: [] }
const ungradable: Study = {
  ...unreviewed, triage: { level: 'none', text: 'Take the picture again.' },
  reading: { ...sampleStudy.reading!, findings: [], pack: null, quality: { gradable: false, score: 0.1, reasons: [{ code: 'blurred', text: 'The picture is blurred.' }] } }
}

describeWith(['dciodvfy', 'dcmdump'], 'objects that leave', () => {
  it.each([['reviewed', sampleStudy], ['unreviewed', unreviewed], ['ungradable', ungradable], ['of unknown kind', { ...ungradable, modality: undefined }]])('a %s report is a valid SR', (_, study) => {
    expect(judge(report(study))).toEqual([])
  })

  it('a report says score, threshold, model, reviewer and what it replaces', () => {
    const text = dump(report(sampleStudy, ['2.25.30']))
    for (const word of ['0.830000', '0.420000', 'dr-fundus', '0123456789abcdef', 'VERIFIED', 'FINAL', 'amina', '2.25.30', 'Haemorrhage near the macula', '24028007', 'Phantom Person']) expect(text).toContain(word)
    expect(judge(report(sampleStudy, ['2.25.30']))).toEqual([])
  })

  it('an unreviewed report says that it is preliminary', () => {
    const text = dump(report(unreviewed))
    expect(text).toContain('UNVERIFIED')
    expect(text).toContain('PRELIMINARY')
  })

  it('the PDF is a valid encapsulated document', () => {
    const bytes = encapsulatedPdf({ ...partsOf(sampleStudy), sopInstanceUid: '2.25.4', revision: 1, pdf: Buffer.from('%PDF-1.4 odd') })
    expect(judge(bytes)).toEqual([])
  })

  it('a rejection note is a valid Key Object Selection that names what it takes back', () => {
    const note = rejectionNote({
      ...partsOf(sampleStudy), sopInstanceUid: '2.25.8', studyInstanceUid: '2.25.80',
      rejected: [{ ...image, isImage: true }, { sopClassUid: '1.2.840.10008.5.1.4.1.1.88.33', sopInstanceUid: '2.25.3', seriesInstanceUid: '2.25.33', isImage: false }]
    })
    expect(judge(note)).toEqual([])
    const text = dump(note)
    for (const word of ['113037', '2010', '2.25.80', '2.25.3', '2.25.1', 'KeyObjectSelectionDocument']) expect(text).toContain(word)
  })

  it('the heatmap is a valid secondary capture', () => {
    expect(judge(heatmapCapture({ ...partsOf(sampleStudy), sopInstanceUid: '2.25.5', revision: 1, image, picture: rgb, finding: 'Referable retinopathy' }))).toEqual([])
  })

  it.each(['fundus', 'cxr', 'ultrasound'] as const)('the heatmap is a valid parametric map too (%s), as numbers from 0 to 1', (modality) => {
    const map = heatmapMap({ ...partsOf({ ...sampleStudy, modality }), sopInstanceUid: '2.25.9', revision: 1, image, grid: { width: 4, height: 3, values: new Uint8Array([0, 1, 2, 255, 4, 5, 6, 7, 8, 9, 10, 11]) }, finding: 'Referable retinopathy' })
    expect(judge(map)).toEqual([])
    const { dataSet, pixelData } = openObject(map)!
    expect([pixelData!.length, dataSet.bytes.readUInt16LE(pixelData!.offset + 6)]).toEqual([24, 255])
    for (const word of ['ParametricMapStorage', '[130402]', '[Class activation]', '2.25.1', '0.0039']) expect(dump(map)).toContain(word)
  })

  it.each([['fundus', rgb], ['ultrasound', rgb], ['ultrasound', grey], ['cxr', grey]] as const)('a picture of %s is wrapped validly', (modality, picture) => {
    expect(judge(wrappedImage({ ...partsOf({ ...sampleStudy, modality }), sopInstanceUid: '2.25.6', picture }))).toEqual([])
  })

  it('a baseline JPEG travels as it is', async () => {
    const jpeg = await fundusJpeg(0, 300)
    const shape = baselineJpeg(jpeg)!
    expect(shape).toEqual({ width: 300, height: 225, channels: 3 })
    const bytes = wrappedImage({ ...partsOf(sampleStudy), sopInstanceUid: '2.25.7', picture: { ...shape, bytes: jpeg, encoding: 'jpeg-baseline' } })
    expect(judge(bytes)).toEqual([])
    expect(bytes.includes(jpeg)).toBe(true)
    expect(readFacts(bytes)).toMatchObject({ ok: true, value: { transferSyntaxUid: '1.2.840.10008.1.2.4.50', patientId: 'C-0042' } })
  })
})

describe('baselineJpeg', () => {
  it('refuses a progressive file', async () => {
    expect(baselineJpeg(await sharp(await fundusJpeg(0, 64)).jpeg({ progressive: true }).toBuffer())).toBeUndefined()
  })
})

describe('a received object that leaves', () => {
  const study: Study = { ...sampleStudy }
  const pixelsOf = (file: Buffer): Buffer => { const { dataSet, pixelData } = openObject(file)!; return dataSet.bytes.subarray(pixelData!.offset) }
  const copy = (file: Buffer, patient = samplePatient) => {
    const facts = readFacts(file)
    if (!facts.ok) throw new Error('unreadable')
    return outgoingCopy({ identity: identityOf({ ...study, dicom: facts.value }, patient), at: '2026-03-04T10:00:00.000Z', dicom: facts.value, file })
  }

  it.each(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2'])('has the attached identity, the old one beside it, and the same pixels (%s)', (transferSyntax) => {
    const file = makeDicom({ transferSyntax, patientName: 'Wrong^Name', patientId: 'OLD-1' })
    const out = copy(file)!
    expect(readFacts(out)).toMatchObject({ ok: true, value: { patientName: 'Phantom Person', patientId: 'C-0042', patientSex: 'F' } })
    expect(pixelsOf(out).equals(pixelsOf(file))).toBe(true)
    expect(out.includes(Buffer.from('Wrong^Name'))).toBe(true)
  })

  it.each([{ patientBirthDate: '19710517' }, { patientSex: 'M' }])('has the birth date and the sex of the record where its device said others (%j)', (wrong) => {
    const device = { patientName: 'Phantom Person', patientId: 'C-0042', patientBirthDate: '19610517', patientSex: 'F' }
    expect(readFacts(copy(makeDicom({ ...device, ...wrong }))!)).toMatchObject({ ok: true, value: device })
  })

  it('is untouched where number and name stand and its device was told no more', () => {
    const file = makeDicom({ patientName: 'Phantom Person', patientId: 'C-0042' })
    const out = copy(file)!
    expect(out.subarray(openObject(out)!.dataSetOffset).equals(file.subarray(openObject(file)!.dataSetOffset))).toBe(true)
  })

  it('is the same data set when its identity stands', async () => {
    const file = await chestDicom(0, { width: 40, height: 30 })
    const facts = readFacts(file)
    if (!facts.ok) throw new Error('unreadable')
    const out = outgoingCopy({ identity: identityOf({ ...study, dicom: facts.value }, undefined), at: study.receivedAt, dicom: facts.value, file })!
    expect(out.subarray(openObject(out)!.dataSetOffset).equals(file.subarray(openObject(file)!.dataSetOffset))).toBe(true)
  })

  it('takes a name in another script, and refuses where other text would be misread', () => {
    const named = { ...samplePatient, name: 'Амина Юсуф' }
    expect(readFacts(copy(makeDicom({}), named)!)).toMatchObject({ ok: true, value: { patientName: 'Амина Юсуф' } })
    const latin = makeDicom({ charset: 'ISO_IR 100', extra: [{ tag: 0x00081030, vr: 'LO', value: Buffer.from([0xe9, 0xe8]) }] })
    expect(copy(latin, named)).toBeUndefined()
  })
})

describeWith(['dcmdump'], 'the coerced copy read by DCMTK', () => {
  it('keeps the old values in Original Attributes Sequence', () => {
    const file = makeDicom({ patientName: 'Wrong^Name', patientId: 'OLD-1' })
    const facts = readFacts(file)
    if (!facts.ok) throw new Error('unreadable')
    const text = dump(outgoingCopy({ identity: identityOf(sampleStudy, samplePatient), at: '2026-03-04T10:00:00.000Z', dicom: facts.value, file })!)
    expect(text).toMatch(/OriginalAttributesSequence/)
    expect(text).toMatch(/COERCE/)
    expect(text).toMatch(/OLD-1/)
  })

  it('has other UIDs where it was given to somebody else before, and names the old ones', () => {
    const file = makeDicom({ patientName: 'Wrong^Name', patientId: 'OLD-1' })
    const facts = readFacts(file)
    if (!facts.ok) throw new Error('unreadable')
    const uids = { sopInstanceUid: '2.25.701', seriesInstanceUid: '2.25.702', studyInstanceUid: '2.25.703' }
    const out = outgoingCopy({ identity: identityOf(sampleStudy, samplePatient), at: '2026-03-04T10:00:00.000Z', dicom: facts.value, file, uids })!
    expect(readFacts(out)).toMatchObject({ ok: true, value: { ...uids, patientId: 'C-0042' } })
    const original = dump(out).split('OriginalAttributesSequence')[1]!.split('ModifiedAttributesSequence')[1]!
    expect(original).toContain(facts.value.sopInstanceUid)
    expect(original).toContain(facts.value.studyInstanceUid)
  })
})
