import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundle, ImagingStudy } from 'fhir/r4.js'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { itemsOf, openObject, readFacts } from '../../src/dicom/codec.js'
import type { Problem } from '../../src/domain/problem.js'
import type { Result } from '../../src/domain/result.js'
import { ok } from '../../src/domain/result.js'
import type { Study } from '../../src/domain/study.js'
import { isReviewed, verdictOf } from '../../src/domain/study.js'
import { markRegion, withdrawRegion } from '../../src/domain/study-additions.js'
import { answerProgramme, answerStudy, attachStudy } from '../../src/domain/study-changes.js'
import { reportOf } from '../../src/compose/report.js'
import type { OutgoingParts } from '../../src/pipeline/outgoing.js'
import { createOutgoing } from '../../src/pipeline/outgoing.js'
import { overlaidPicture, uprightPicture } from '../../src/pipeline/outgoing-pictures.js'
import { systemClock } from '../../src/platform/clock.js'
import { identityOf } from '../../src/report/identity.js'
import { reportContentHash } from '../../src/report/report-revision.js'
import { outgoingCopy } from '../../src/report/outgoing-copy.js'
import { makeDicom } from '../generators/dicom.js'
import { Board } from '../../src/uplink/board.js'
import { planDeliveries } from '../../src/uplink/plan.js'
import { samplePatient, sampleStudy } from '../report/sample-study.js'
import { fundusJpeg } from '../flows/pictures.js'
import { pacs } from '../uplink/samples.js'

const at = '2026-03-04T10:00:00.000Z'
let folder: string
const files = { objectPath: () => join(folder, 'object.jpg'), verified: () => Promise.resolve(join(folder, 'object.jpg')), derivedFolder: () => join(folder, 'derived') }
const pseudonymKey = () => Buffer.alloc(32, 7)
const fullFrame = () => Promise.resolve(ok(undefined))
const paper: OutgoingParts['paper'] = (study, patient, at) => reportOf({ store: files, config: { siteName: 'Hillside Clinic' }, clock: systemClock, packsFolder: 'models-int8' }, study, { language: 'en', patient, at })
const outgoing = createOutgoing({ store: files, fullFrame, paper, patient: (id) => (id === samplePatient.id ? samplePatient : undefined), siteName: 'Hillside Clinic', softwareVersion: '0.1.0', pseudonymKey })
const study: Study = {
  ...sampleStudy, reading: { ...sampleStudy.reading!, derived: [{ role: 'preview', name: 'tablet-0.jpg', frame: 0 }, { role: 'heatmap', name: 'heatmap-dr-referable.png', frame: 0 }] }
}

function valueOf<T>(result: Result<T, Problem>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgoing-'))
  await mkdir(join(folder, 'derived'))
  await writeFile(files.objectPath(), await fundusJpeg(0, 320))
  await sharp({ create: { width: 100, height: 80, channels: 3, background: '#808080' } }).toColourspace('b-w').jpeg().toFile(join(folder, 'derived/tablet-0.jpg'))
  await sharp({ create: { width: 50, height: 40, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.7 } } }).png().toFile(join(folder, 'derived/heatmap-dr-referable.png'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('pictures that leave', () => {
  it('lay the heatmap over a grey picture in colour', async () => {
    const { width, height, bytes } = await overlaidPicture(files, study, 'heatmap-dr-referable.png')
    expect([width, height, bytes.length]).toEqual([100, 80, 100 * 80 * 3])
    expect(bytes[0]).toBeGreaterThan(bytes[1]! + 50)
  })

  it('keep a baseline JPEG, and turn one that its camera marked as turned', async () => {
    expect(await uprightPicture({ store: files, fullFrame }, sampleStudy)).toMatchObject({ ok: true, value: { encoding: 'jpeg-baseline' } })
    const turned = join(folder, 'turned.jpg')
    await sharp(await fundusJpeg(0, 320)).withMetadata({ orientation: 6 }).jpeg().toFile(turned)
    expect(await uprightPicture({ store: { ...files, objectPath: () => turned }, fullFrame }, sampleStudy)).toMatchObject({ ok: true, value: { encoding: 'raw', width: 240, height: 320, channels: 3, lossy: true } })
  })
})

describe('a study whose patient’s record is damaged', () => {
  it('waits, and never leaves as the person that its device claimed', async () => {
    const planned = planDeliveries(study, outgoing.describe(study)!, [pacs], at)!
    const lost = { ...planned, patientId: 'P-00000000' }
    expect(outgoing.describe(lost)).toBeUndefined()
    expect(await outgoing.make(lost, planned.deliveries![0]!, pacs)).toMatchObject({ ok: false, error: { code: 'patient-damaged' } })
  })
})

describe('an image of which a nurse is asked whose it is', () => {
  const dicom = { sopClassUid: '1.2.840.10008.5.1.4.1.1.1', sopInstanceUid: '2.25.5', transferSyntaxUid: '1.2.840.10008.1.2.1', patientId: '77', patientName: 'Before^The Person' }
  const { patientId: _nobody, ...unattached } = study
  const asked: Study = { ...unattached, dicom, questions: [{ code: 'whose-is-this', text: '' }] }

  it('leaves as nobody, and not as whom its device claims', () => {
    expect(outgoing.describe(asked)!.identity).toMatchObject({ source: 'none', patientId: `UNATTACHED-${asked.id}`, patientName: '' })
    expect(outgoing.describe({ ...asked, questions: [] })!.identity).toMatchObject({ source: 'device', patientId: '77' })
  })

  it('keeps the claim in Original Attributes Sequence alone', () => {
    const file = makeDicom({ sopInstanceUid: '2.25.5', patientId: '77', patientName: 'Before^The Person' })
    const copy = outgoingCopy({ identity: outgoing.describe(asked)!.identity, at, dicom, file })!
    expect(readFacts(copy)).toMatchObject({ ok: true, value: { patientId: `UNATTACHED-${asked.id}` } })
    expect(itemsOf(openObject(copy)!.dataSet, 0x04000561)).toHaveLength(1)
  })
})

describe('a record system that was told of an image under somebody else', () => {
  const record: typeof pacs = { ...pacs, id: 'record', kind: 'fhir', send: ['fhir'] }
  const imagesOf = async (planned: Study) => {
    const last = planned.deliveries!.findLast(({ kind }) => kind === 'fhir')!
    const made = await outgoing.make(planned, last, record)
    if (!made.ok) throw new Error(made.error.message)
    const { entry = [] } = JSON.parse(Buffer.from(made.value.file).toString()) as Bundle
    return entry.map(({ resource }) => resource).filter((one): one is ImagingStudy => one?.resourceType === 'ImagingStudy').map(({ identifier, status }) => [identifier![0]!.value, status])
  }
  const arrived = (planned: Study): Study => ({ ...planned, deliveries: planned.deliveries!.map((one) => ({ ...one, state: 'accepted' as const })) })
  const uidOf = (one: Study, reissue: number): string => `urn:oid:${outgoing.describe(one)!.objects(1, reissue).find(({ kind }) => kind === 'image')!.sopInstanceUid}`
  const { patientId: _nobody, ...unattached } = study

  it('is told that it was an error, once it is another person\u2019s', async () => {
    const before = planDeliveries(unattached, outgoing.describe(unattached)!, [record], at)!
    expect(await imagesOf(before)).toEqual([[uidOf(unattached, 0), 'available']])
    const attached: Study = { ...arrived(before), patientId: samplePatient.id }
    const after = planDeliveries(attached, outgoing.describe(attached)!, [record], at)!
    expect(await imagesOf(after)).toEqual([[uidOf(study, after.reports!.at(-1)!.reissue ?? 0), 'available'], [uidOf(unattached, 0), 'entered-in-error']])
  })

  it('is told so of the other eye, and not of what stands', async () => {
    const before = planDeliveries(study, outgoing.describe(study)!, [record], at)!
    const said = answerStudy({ ...arrived(before), laterality: 'R' }, { laterality: 'L' })
    if (!said.ok) throw new Error(said.error.message)
    const left: Study = { ...said.value, state: 'ready' }
    const corrected = planDeliveries(left, outgoing.describe(left)!, [record], at)!
    expect(await imagesOf(corrected)).toEqual([[uidOf(left, corrected.reports!.at(-1)!.reissue ?? 0), 'available'], [uidOf(study, 0), 'entered-in-error']])
    const rejected: Study = { ...arrived(corrected), reviews: [...left.reviews, { at, by: 'dr', action: 'reject', reason: 'Lid over the eye.' }] }
    expect((await imagesOf(planDeliveries(rejected, outgoing.describe(rejected)!, [record], at)!)).map(([, status]) => status)).toEqual(['available', 'entered-in-error'])
  })
})

describe('an image that came under the UID of an earlier study', () => {
  const file = (laterality?: string) => makeDicom({ sopInstanceUid: '2.25.5', patientId: '77', patientName: 'Phantom^Second', ...(laterality ? { laterality } : {}), extra: [{ tag: 0x0020000d, vr: 'UI', value: Buffer.from('2.25.51\0') }, { tag: 0x0020000e, vr: 'UI', value: Buffer.from('2.25.52\0') }] })
  const facts = readFacts(file())
  if (!facts.ok) throw new Error('unreadable')
  const { patientId: _nobody, ...unattached } = study
  const first: Study = { ...unattached, object: { ...study.object, content: 'dicom', sopInstanceUid: '2.25.5' }, dicom: facts.value }
  const second: Study = { ...first, id: '20260304-8Q2MNB4X', object: { ...first.object, sha256: 'b'.repeat(64) }, questions: [{ code: 'same-uid-other-content', text: '' }] }
  const planOf = (one: Study): Study => planDeliveries(one, outgoing.describe(one)!, [pacs], at)!
  const imageOf = ({ deliveries }: Study) => deliveries!.findLast(({ kind }) => kind === 'image')!

  it('leaves under UIDs of its own in another study, and the earlier one as it came', () => {
    const [one, two] = [planOf(first), planOf(second)]
    expect(imageOf(one)).toMatchObject({ sopInstanceUid: '2.25.5', studyInstanceUid: '2.25.51', seriesInstanceUid: '2.25.52' })
    const third = planOf({ ...second, object: { ...second.object, sha256: 'c'.repeat(64) } })
    const uids = [one, two, third].map(imageOf).flatMap(({ sopInstanceUid, studyInstanceUid, seriesInstanceUid }) => [sopInstanceUid, studyInstanceUid, seriesInstanceUid])
    expect(new Set(uids).size).toBe(9)
    expect(new Set(two.deliveries!.map(({ studyInstanceUid }) => studyInstanceUid))).toEqual(new Set([imageOf(two).studyInstanceUid]))
  })

  it('has its old UIDs in Original Attributes Sequence, and is reported under the new ones', async () => {
    const path = join(folder, 'second.dcm')
    await writeFile(path, file())
    const there = createOutgoing({ store: { ...files, objectPath: () => path }, fullFrame, paper, patient: () => undefined, siteName: '', softwareVersion: '', pseudonymKey })
    const planned = planOf(second)
    const { sopInstanceUid, studyInstanceUid, seriesInstanceUid } = imageOf(planned)
    const made = await there.make(planned, imageOf(planned), pacs)
    expect(made.ok && [made.value.sopInstanceUid, readFacts(made.value.file)]).toMatchObject([sopInstanceUid, { ok: true, value: { sopInstanceUid, studyInstanceUid, seriesInstanceUid, patientName: 'Phantom^Second' } }])
    const [old] = itemsOf(itemsOf(openObject(made.ok ? Buffer.from(made.value.file) : Buffer.alloc(0))!.dataSet, 0x04000561)[0]!, 0x04000550)
    expect([0x00080018, 0x0020000d, 0x0020000e].map((tag) => old!.strings(tag)[0])).toEqual(['2.25.5', '2.25.51', '2.25.52'])
    const report = await there.make(planned, planned.deliveries!.find(({ kind }) => kind === 'sr')!, pacs)
    expect(report.ok && [sopInstanceUid, '2.25.5\0'].map((uid) => Buffer.from(report.value.file).includes(uid))).toEqual([true, false])
  })

  it('is not believed to be there where an older version sent it as the earlier one', () => {
    const before = planOf({ ...second, questions: [] })
    const left: Study = { ...before, questions: second.questions, deliveries: before.deliveries!.map((one) => ({ ...one, state: 'committed' as const })) }
    const now = planOf(left)
    expect(now.deliveries!.filter(({ kind }) => kind === 'image').map(({ sopInstanceUid, state }) => [sopInstanceUid === '2.25.5', state])).toEqual([[true, 'superseded'], [false, 'pending']])
    expect(now.deliveries!.filter(({ kind, state }) => kind === 'sr' && state === 'pending')).toHaveLength(1)
    expect(planDeliveries(now, outgoing.describe(now)!, [pacs], at)).toBeUndefined()
    const board = new Board(['pacs'])
    for (const one of [planOf(first), now]) board.put(one)
    expect(board.studyOf('2.25.5')).toBe(first.id)
  })
})

describe('which eye a study leaves as', () => {
  const imageOf = (one: Study) => outgoing.describe(one)!.objects(1, 0).find(({ kind }) => kind === 'image')!
  const jpeg: Study = { ...study, object: { ...study.object, content: 'jpeg' }, laterality: 'L', answers: {} }

  it('is none while image and visit disagree, so that the answer makes another revision', () => {
    const doubted: Study = { ...jpeg, questions: [{ code: 'laterality-conflict', text: '' }] }
    const hashes = [jpeg, doubted, { ...jpeg, answers: { laterality: 'L' as const } }].map((one) => outgoing.describe(one)!.contentHash)
    expect([hashes[0] === hashes[2], hashes[0] === hashes[1]]).toEqual([true, false])
  })

  it('is said again in a picture that left as of the other', () => {
    const other: Study = { ...jpeg, answers: { laterality: 'R' } }
    expect(imageOf(other).sopInstanceUid).not.toBe(imageOf(jpeg).sopInstanceUid)
    expect(imageOf({ ...jpeg, answers: { laterality: 'L' } }).sopInstanceUid).toBe(imageOf(jpeg).sopInstanceUid)
  })
})

describe('an eye that a nurse puts right after the picture left', () => {
  const reissuing = { ...pacs, onCorrection: 'reissue' as const }
  const leftAs = (one: Study): Study => {
    const planned = planDeliveries(one, outgoing.describe(one)!, [reissuing], at)!
    return { ...planned, deliveries: planned.deliveries!.map((each) => ({ ...each, state: 'accepted' as const })) }
  }
  const file = (extra = {}) => makeDicom({ sopInstanceUid: '2.25.5', laterality: 'L', ...extra })
  const facts = readFacts(file())
  if (!facts.ok) throw new Error('unreadable')
  const received: Study = { ...study, object: { ...study.object, content: 'dicom' }, dicom: facts.value, laterality: 'L', answers: {} }
  const picture: Study = { ...study, laterality: 'L', answers: {} }
  const { patientId: _patient, ...nameless } = picture

  it.each([['a received object', received], ['a picture', picture], ['a picture of nobody yet', nameless]])('takes %s back by a note that says why, and sends all anew', async (_, one) => {
    const right: Study = { ...leftAs(one), answers: { laterality: 'R' } }
    const planned = planDeliveries(right, outgoing.describe(right)!, [reissuing], at)!
    const before = right.deliveries!.map(({ sopInstanceUid }) => sopInstanceUid)
    const note = planned.deliveries!.find(({ kind }) => kind === 'rejection')!
    expect(note.rejects).toEqual(before)
    expect(planned.deliveries!.filter(({ state }) => state === 'needs-correction').map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(before)
    expect(planned.deliveries!.filter(({ kind, state, sopInstanceUid }) => kind === 'image' && state === 'pending' && !before.includes(sopInstanceUid))).toHaveLength(1)
    const made = await outgoing.make(planned, note, reissuing)
    expect(made.ok && Buffer.from(made.value.file).includes('the wrong eye')).toBe(true)
    const back: Study = { ...planned, answers: { laterality: 'L' } }
    const undone = planDeliveries(back, outgoing.describe(back)!, [reissuing], at)!.deliveries!
    expect([undone.slice(0, before.length).every(({ state }) => state === 'accepted'), undone.some(({ kind, state }) => kind === 'rejection' && state === 'pending')]).toEqual([true, false])
  })

  it('has the same note at a retry, also after the change was undone', async () => {
    const right: Study = { ...leftAs(received), patientId: 'P-OTHER001', answers: { laterality: 'L' } }
    const there = createOutgoing({ store: files, fullFrame, paper, patient: (id) => ({ ...samplePatient, id, identifier: id }), siteName: '', softwareVersion: '', pseudonymKey })
    const before = planDeliveries(received, there.describe(received)!, [reissuing], at)!
    const changed = { ...right, deliveries: before.deliveries!.map((one) => ({ ...one, state: 'accepted' as const })), reports: before.reports! }
    const planned = planDeliveries(changed, there.describe(changed)!, [reissuing], at)!
    const note = { ...planned.deliveries!.find(({ kind }) => kind === 'rejection')!, state: 'sent' as const }
    const undone: Study = { ...planned, patientId: study.patientId!, deliveries: planned.deliveries!.map((one) => (one.kind === 'rejection' ? note : one)) }
    const [once, again] = [await there.make(planned, note, reissuing), await there.make(planDeliveries(undone, there.describe(undone)!, [reissuing], at)!, note, reissuing)]
    expect(once.ok && Buffer.from(once.value.file).includes('of another patient')).toBe(true)
    expect(again).toEqual(once)
  })

  it('asks a person where the site sends no notes', () => {
    const right: Study = { ...leftAs(received), answers: { laterality: 'R' } }
    const planned = planDeliveries(right, outgoing.describe(right)!, [pacs], at)!
    expect(planned.deliveries!.at(-1)).toMatchObject({ state: 'needs-person', problem: { message: expect.stringContaining('eye') as string } })
  })

  const { laterality: _none, ...unsided } = picture

  it('does nothing to what came without a side, or as the same', () => {
    for (const one of [unsided, picture]) {
      const told: Study = { ...leftAs(one), answers: { laterality: 'L' } }
      expect(planDeliveries(told, outgoing.describe(told)!, [reissuing], at)?.deliveries?.some(({ state }) => state === 'needs-correction') ?? false).toBe(false)
    }
  })

  const said = (one: Study, laterality: 'L' | 'R'): Study => {
    const answered = answerStudy(one, { laterality })
    if (!answered.ok) throw new Error(answered.error.code)
    return { ...answered.value, state: 'ready' }
  }
  const eyeIn = async (one: Study) => {
    const image = one.deliveries!.findLast(({ kind }) => kind === 'image')!
    const made = await outgoing.make(one, image, reissuing)
    return [image.sopInstanceUid, made.ok && openObject(Buffer.from(made.value.file))!.dataSet.strings(0x00200062)]
  }

  it.each([
    ['a nurse said', () => leftAs(said(unsided, 'L'))],
    ['a nurse said to an earlier release', () => ({ ...leftAs({ ...unsided, answers: { laterality: 'L' } }), answers: { laterality: 'L' } }) as Study],
    ['the button of a visit said that it was not taken in', () => attachStudy(leftAs({ ...picture, take: 'eye-left', visitId: 'V-20260304-AAAAAAAA' }), picture.patientId, 'V-20260304-BBBBBBBB')]
  ])('takes back what left as the eye that %s, once she says the other', async (_, left) => {
    const wrong = left()
    const right = said(wrong, 'R')
    const planned = planDeliveries(right, outgoing.describe(right)!, [reissuing], at)!
    const before = wrong.deliveries!.map(({ sopInstanceUid }) => sopInstanceUid)
    expect(planned.deliveries!.find(({ kind }) => kind === 'rejection')?.rejects).toEqual(before)
    const [uid, eye] = await eyeIn(planned)
    expect([before.includes(uid as string), eye]).toEqual([false, ['R']])
    const back = said(planned, 'L')
    const undone = planDeliveries(back, outgoing.describe(back)!, [reissuing], at)!
    expect(undone.deliveries!.slice(0, before.length).every(({ state }) => state === 'accepted')).toBe(true)
  })

  it('leaves what left without a side, when a nurse says one and the picture shows the other', () => {
    const told = leftAs(said(leftAs(unsided), 'L'))
    const readAgain: Study = { ...told, laterality: 'R' }
    expect(planDeliveries(readAgain, outgoing.describe(readAgain)!, [reissuing], at)?.deliveries?.some(({ state }) => state === 'needs-correction') ?? false).toBe(false)
  })

  it('is in the copy of a received object, with the old eye beside it', () => {
    const laterality = { tag: 0x00200060, vr: 'CS', value: Buffer.from('L ') }
    const copy = outgoingCopy({ identity: outgoing.describe(received)!.identity, at, dicom: facts.value, file: file({ extra: [laterality] }), side: 'R' })!
    const { dataSet } = openObject(copy)!
    const [item] = itemsOf(dataSet, 0x04000561)
    const [old] = itemsOf(item!, 0x04000550)
    expect([dataSet, old!].map((set) => [set.strings(0x00200062), set.strings(0x00200060)])).toEqual([[['R'], ['R']], [['L'], ['L']]])
    expect(item!.strings(0x04000565)).toEqual(['CORRECT'])
  })

  it('leaves in the copy of the very study', async () => {
    const path = join(folder, 'left.dcm')
    await writeFile(path, file())
    const there = createOutgoing({ store: { ...files, objectPath: () => path }, fullFrame, paper, patient: () => samplePatient, siteName: '', softwareVersion: '', pseudonymKey })
    const right: Study = { ...received, answers: { laterality: 'R' } }
    const planned = planDeliveries(right, there.describe(right)!, [pacs], at)!
    const made = await there.make(planned, planned.deliveries!.find(({ kind }) => kind === 'image')!, pacs)
    const image = planned.deliveries!.find(({ kind }) => kind === 'image')!
    expect(made.ok && readFacts(made.value.file)).toMatchObject({ ok: true, value: { laterality: 'R', sopInstanceUid: '2.25.5', studyInstanceUid: facts.value.studyInstanceUid, seriesInstanceUid: image.seriesInstanceUid } })
    const before = planDeliveries(received, there.describe(received)!, [pacs], at)!.deliveries!.find(({ kind }) => kind === 'image')!
    expect(before.seriesInstanceUid).toBe(facts.value.seriesInstanceUid)
    expect(image.seriesInstanceUid).not.toBe(before.seriesInstanceUid)
    const { dataSet } = openObject(made.ok ? Buffer.from(made.value.file) : Buffer.alloc(0))!
    const [old] = itemsOf(itemsOf(dataSet, 0x04000561)[0]!, 0x04000550)
    expect([old!.strings(0x0020000e)[0], old!.has(0x0020000d), old!.has(0x00080018)]).toEqual([facts.value.seriesInstanceUid, false, false])
  })
})

describe('what a study leaves as', () => {
  const planned = planDeliveries(study, outgoing.describe(study)!, [pacs], at)!

  it('is a report, paper, heatmap and image under the identity of the patient', async () => {
    expect(planned.deliveries!.map(({ kind }) => kind)).toEqual(['sr', 'pdf', 'heatmap', 'image'])
    for (const delivery of planned.deliveries!) {
      const object = await outgoing.make(planned, delivery, pacs)
      if (!object.ok) throw new Error(object.error.message)
      expect(readFacts(object.value.file)).toMatchObject({ ok: true, value: { patientId: 'C-0042', sopInstanceUid: delivery.sopInstanceUid, sopClassUid: delivery.sopClassUid, transferSyntaxUid: object.value.transferSyntaxUid } })
    }
  })

  it('says of all that is made here that its UID follows from its content, and not of what a device numbered', async () => {
    const made = await Promise.all(planned.deliveries!.map((delivery) => outgoing.make(planned, delivery, pacs)))
    expect(made.map((one) => one.ok && one.value.uidSaysContent)).toEqual([true, true, true, true])
    const path = join(folder, 'received.dcm')
    await writeFile(path, makeDicom({ sopInstanceUid: '2.25.5', patientId: '77' }))
    const facts = readFacts(makeDicom({ sopInstanceUid: '2.25.5', patientId: '77' }))
    const received: Study = { ...study, object: { ...study.object, content: 'dicom' }, ...(facts.ok ? { dicom: facts.value } : {}) }
    const site = createOutgoing({ store: { ...files, objectPath: () => path, verified: () => Promise.resolve(path) }, fullFrame, paper, patient: () => samplePatient, siteName: '', softwareVersion: '', pseudonymKey })
    const one = planDeliveries(received, site.describe(received)!, [pacs], at)!
    const image = await site.make(one, one.deliveries!.find(({ kind }) => kind === 'image')!, pacs)
    expect([image.ok, image.ok && image.value.uidSaysContent]).toEqual([true, undefined])
  })

  it('is the heatmap as numbers too where the site names it, the hottest as 1', async () => {
    const site = { ...pacs, send: ['heatmap-map'] as const }
    const both = planDeliveries(study, outgoing.describe(study)!, [site], at)!
    const object = await outgoing.make(both, both.deliveries![0]!, site)
    const opened = openObject(object.ok ? Buffer.from(object.value.file) : Buffer.alloc(0))!
    expect([both.deliveries!.map(({ kind }) => kind), opened.dataSet.number(0x00280010), opened.dataSet.number(0x00280011), opened.dataSet.bytes.readUInt16LE(opened.pixelData!.offset)]).toEqual([['heatmap-map'], 40, 50, Math.round((Math.round(0.7 * 255) * 255) / 190)])
  })

  it.each([
    [['read-from-photo'], []], [['read-from-photo', 'film-not-found'], ['heatmap-map']]
  ])('is no heatmap as numbers of a film cut out of the photograph that leaves (%j)', (codes, kinds) => {
    const film: Study = { ...study, reading: { ...study.reading!, quality: { ...study.reading!.quality, reasons: codes.map((code) => ({ code, text: code })) } } }
    const site = { ...pacs, send: ['heatmap-map'] as const }
    expect(planDeliveries(film, outgoing.describe(film)!, [site], at)?.deliveries?.map(({ kind }) => kind) ?? []).toEqual(kinds)
  })

  it('is the same bytes at a retry', async () => {
    for (const delivery of planned.deliveries!) {
      const [first, second] = [await outgoing.make(planned, delivery, pacs), await outgoing.make(planned, delivery, pacs)]
      expect(first.ok && second.ok && Buffer.from(first.value.file).equals(second.value.file)).toBe(true)
    }
  })

  it('carries the very paper that the page prints, dated as the report is', async () => {
    const asked: string[] = []
    const told = createOutgoing({ store: files, fullFrame, patient: () => samplePatient, siteName: '', softwareVersion: '', pseudonymKey, paper: async (of, patient, when) => {
      asked.push(of.id, patient?.id ?? '', when)
      return Buffer.from('%PDF-1.7 the very paper')
    } })
    const made = await told.make(planned, planned.deliveries!.find(({ kind }) => kind === 'pdf')!, pacs)
    expect(made.ok && Buffer.from(made.value.file).includes('the very paper')).toBe(true)
    expect(asked).toEqual([study.id, samplePatient.id, planned.reports?.at(-1)?.at])
  })

  describe('with a place that a clinician marks', () => {
    const pdfs = ({ deliveries = [] }: Study) => deliveries.filter(({ kind, state }) => kind === 'pdf' && state === 'pending')
    const arrived = (one: Study): Study => ({ ...one, deliveries: one.deliveries!.map((delivery) => ({ ...delivery, state: 'committed' as const })) })
    const place = { id: 'a', frame: 0, x: 0.1, y: 0.1, width: 0.2, height: 0.2, text: '' }
    const marked = (one: Study, id = 'a'): Study => valueOf(markRegion(one, { ...place, id }, { at: '2026-03-04T11:00:00.000Z', by: 'amina' }))
    const takenOff = (one: Study): Study => valueOf(withdrawRegion(one, 'a', { at: '2026-03-04T12:00:00.000Z', by: 'amina' }))
    const replanned = (one: Study): Study | undefined => planDeliveries(one, outgoing.describe(one)!, [pacs], at)

    it('is another paper, and nothing else, once it is marked or taken off', async () => {
      const once = replanned(marked(arrived(planned)))!
      expect([once.reports, once.deliveries!.filter(({ state }) => state === 'pending').map(({ kind }) => kind)]).toEqual([planned.reports, ['pdf']])
      const off = takenOff(once)
      expect(await outgoing.make(off, pdfs(once)[0]!, pacs)).toMatchObject({ ok: false, error: { code: 'changed-meanwhile' } })
      const twice = replanned(off)!
      expect([twice.deliveries!.filter(({ kind }) => kind === 'pdf').map(({ state }) => state), replanned(twice)]).toEqual([['committed', 'superseded', 'pending'], undefined])
      const made = await outgoing.make(twice, pdfs(twice)[0]!, pacs)
      expect(made.ok && openObject(Buffer.from(made.value.file))!.dataSet.strings(0x00080033)).toEqual(['120000'])
    })

    it('is no other paper for what an earlier release marked, until something is marked or taken off', () => {
      const old: Study = { ...arrived(planned), regions: [{ ...place, at: '2026-03-04T11:00:00.000Z', by: 'amina' }] }
      expect(replanned(old)).toBeUndefined()
      expect([marked(old, 'b'), takenOff(old)].map((one) => pdfs(replanned(one)!).length)).toEqual([1, 1])
    })
  })

  it('leaves no second time for the age of nought that an earlier release said before the birth, and says none any more', () => {
    const early: Study = { ...study, receivedAt: '1960-01-01T08:00:00.000Z' }
    const identity = identityOf(early, samplePatient)
    expect(identity).not.toHaveProperty('ageYears')
    expect(outgoing.describe(early)!.contentHash).toBe(reportContentHash(early, { ...identity, ageYears: 0 }))
  })

  it('has other UIDs for a report of other content, and the same for the image', () => {
    const reviewed: Study = { ...planned, reviews: [...planned.reviews, { at, by: 'ben', action: 'accept', reason: '' }] }
    const again = planDeliveries(reviewed, outgoing.describe(reviewed)!, [pacs], at)!
    const uids = (one: Study, kind: string) => one.deliveries!.filter((delivery) => delivery.kind === kind).map(({ sopInstanceUid }) => sopInstanceUid)
    expect(new Set(uids(again, 'sr')).size).toBe(2)
    expect(uids(again, 'image')).toEqual(uids(planned, 'image'))
  })

  it('is reported anew when the time it came at is put right, under the UID that its image has', () => {
    const taken = { ...study, receivedAt: '2026-01-01T00:01:00.000Z', timeUncertain: true }
    const sent = planDeliveries(taken, outgoing.describe(taken)!, [pacs], at)!
    const held: Study = { ...sent, deliveries: sent.deliveries!.map((one) => ({ ...one, state: 'committed' })) }
    const right: Study = { ...held, receivedAt: study.receivedAt, receivedAtOriginal: taken.receivedAt, reportsBeforeTime: 1, timeUncertain: false }
    const planned = planDeliveries(right, outgoing.describe(right)!, [pacs], at)
    expect(planned?.reports).toHaveLength(2)
    expect(planned?.deliveries?.filter(({ state }) => state === 'pending').map(({ kind }) => kind)).toEqual(['sr', 'pdf', 'heatmap'])
    expect(planDeliveries({ ...planned!, revision: 9 }, outgoing.describe(planned!)!, [pacs], at)).toBeUndefined()
  })

  it('is reported anew when a decision verifies it no more, although verdict and decisions are what they were', () => {
    const answers = { programme: 'diabetic-retinopathy', version: 1, at, by: 'amina', answers: {}, escalations: [{ level: 'immediate', code: 'vision-lost', text: 'Now.' }] } as const
    const rejected: Study = { ...answerProgramme({ ...study, reviews: [] }, answers), reviews: [{ at, by: 'ben', action: 'reject', reason: 'Blurred.' }] }
    const sent = planDeliveries(rejected, outgoing.describe(rejected)!, [pacs], at)!
    const answered = answerProgramme(sent, answers)
    expect([verdictOf(answered), isReviewed(sent), isReviewed(answered)]).toEqual([verdictOf(sent), true, false])
    expect(planDeliveries(answered, outgoing.describe(answered)!, [pacs], at)?.reports).toHaveLength(2)
  })

  it('sends no heatmap of what a clinician rejected, nor of a reading that could not be made again; what had not left of it stays behind', () => {
    const kinds = (one: Study) => planDeliveries(one, outgoing.describe(one)!, [pacs], at)!.deliveries!.filter(({ state }) => state === 'pending').map(({ kind }) => kind)
    const rejected: Study = { ...planned, reviews: [...planned.reviews, { at, by: 'ben', action: 'reject', reason: 'Not this eye.' }] }
    expect(planned.deliveries!.map(({ kind }) => kind)).toContain('heatmap')
    for (const one of [rejected, { ...planned, state: 'failed' as const, failure: { code: 'reader-crashed', message: '' } }]) expect(kinds(one)).not.toContain('heatmap')
  })

  it('is not reported anew by an update, where an earlier release put the time right', () => {
    const right: Study = { ...study, receivedAtOriginal: '2026-01-01T00:01:00.000Z', timeUncertain: false }
    const { receivedAtOriginal: _original, ...asThen } = right
    const sent = planDeliveries(right, outgoing.describe(asThen)!, [pacs], at)!
    const held: Study = { ...sent, deliveries: sent.deliveries!.map((one) => ({ ...one, state: 'committed' })) }
    expect(planDeliveries(held, outgoing.describe(held)!, [pacs], at)).toBeUndefined()
  })

  it('says what to do when the picture is gone', async () => {
    const gone = createOutgoing({ store: { ...files, objectPath: () => join(folder, 'gone.jpg') }, fullFrame, paper, patient: () => samplePatient, siteName: '', softwareVersion: '', pseudonymKey })
    const image = planned.deliveries!.find(({ kind }) => kind === 'image')!
    expect(await gone.make(planned, image, pacs)).toMatchObject({ ok: false, error: { code: 'not-made' } })
  })

  it('is nothing while the study is being read', () => {
    expect(outgoing.describe({ ...study, state: 'analysing' })).toBeUndefined()
  })
})

describe('a study that nobody is named for', () => {
  const { patientId: _patient, ...unattached } = study
  const nameless: Study = { ...unattached, reviews: [], triage: { level: 'urgent', text: 'Send today.' } }
  const sent = (one: Study): Study => ({ ...one, deliveries: one.deliveries!.map((delivery) => (delivery.state === 'pending' ? { ...delivery, state: 'accepted' } : delivery)) })
  const first = sent(planDeliveries(nameless, outgoing.describe(nameless)!, [pacs], at)!)
  const named: Study = { ...first, patientId: samplePatient.id }

  it('leaves again as a correction that names the report before it, where that stands', async () => {
    const again = planDeliveries(named, outgoing.describe(named)!, [pacs], at)!
    const [before, report] = again.deliveries!.filter(({ kind }) => kind === 'sr')
    expect([before!.state, report!.state, before!.studyInstanceUid === report!.studyInstanceUid]).toEqual(['accepted', 'pending', false])
    const object = await outgoing.make(again, report!, pacs)
    const opened = openObject(object.ok ? Buffer.from(object.value.file) : Buffer.alloc(0))!
    const [predecessor] = itemsOf(opened.dataSet, 0x0040a360)
    const [series] = itemsOf(predecessor!, 0x00081115)
    expect([predecessor!.strings(0x0020000d), series!.strings(0x0020000e), itemsOf(series!, 0x00081199)[0]!.strings(0x00081155)]).toEqual([[before!.studyInstanceUid], [before!.seriesInstanceUid], [before!.sopInstanceUid]])
  })

  it('is taken back by a note where the site sends notes', () => {
    const again = planDeliveries(named, outgoing.describe(named)!, [{ ...pacs, onCorrection: 'reissue' }], at)!
    expect(again.deliveries!.find(({ kind }) => kind === 'rejection')?.rejects).toEqual(first.deliveries!.map(({ sopInstanceUid }) => sopInstanceUid))
  })

  it('is of nobody else when its age is told later: only the report is new', () => {
    const aged: Study = { ...first, answers: { ageYears: 41 } }
    const again = planDeliveries(aged, outgoing.describe(aged)!, [pacs], at)!
    expect(again.deliveries!.map(({ kind, state }) => [kind, state])).toEqual([...first.deliveries!.map(({ kind }) => [kind, 'accepted']), ['sr', 'pending'], ['pdf', 'pending'], ['heatmap', 'pending']])
  })
})

describe('what leaves for a de-identified destination', () => {
  const research = { ...pacs, id: 'research', deidentified: true, send: ['images', 'sr'] as const }
  const planned = planDeliveries(study, outgoing.describe(study)!, [research], at)!
  const site = { store: files, fullFrame, paper, patient: () => samplePatient, siteName: 'Hillside Clinic', softwareVersion: '', pseudonymKey }
  const vouched = createOutgoing({ ...site, nothingWritten: ({ deviceId }) => deviceId === 'inbox' })
  const image = planned.deliveries!.find(({ kind }) => kind === 'image')!

  it('is no picture of a device that nobody vouched for, and the report all the same', async () => {
    expect(await outgoing.make(planned, image, research)).toMatchObject({ ok: false, error: { code: 'burned-in-unknown', message: expect.stringContaining('nothingWritten') as string } })
    expect(await outgoing.make(planned, planned.deliveries!.find(({ kind }) => kind === 'sr')!, research)).toMatchObject({ ok: true })
    expect(await vouched.make({ ...planned, source: { ...planned.source, deviceId: 'camera' } }, image, research)).toMatchObject({ ok: false, error: { code: 'burned-in-unknown' } })
    expect(await outgoing.make({ ...planned, source: { ...planned.source, cleaned: true } }, image, research)).toMatchObject({ ok: true })
  })

  it('is no received object that says NO itself, where nobody vouched for its device', async () => {
    const path = join(folder, 'printed.dcm')
    const file = makeDicom({ sopInstanceUid: '2.25.6', modality: 'OP', extra: [{ tag: 0x00280301, vr: 'CS', value: Buffer.from('NO') }] })
    await writeFile(path, file)
    const facts = readFacts(file)
    if (!facts.ok) throw new Error('unreadable')
    const received: Study = { ...study, object: { ...study.object, content: 'dicom' }, dicom: facts.value }
    const store = { ...files, objectPath: () => path }
    const made = [createOutgoing({ ...site, store }), createOutgoing({ ...site, store, nothingWritten: () => true })].map((each) => {
      const of = planDeliveries(received, each.describe(received)!, [research], at)!
      return each.make(of, of.deliveries!.find(({ kind }) => kind === 'image')!, research)
    })
    expect((await Promise.all(made)).map(({ ok }) => ok)).toEqual([false, true])
  })

  it('says that a picture may be written on where nobody looked, and NO where somebody did', async () => {
    const saidOf = async (one: Study) => {
      const named = planDeliveries(one, outgoing.describe(one)!, [pacs], at)!
      const made = await Promise.all(named.deliveries!.filter(({ kind }) => kind === 'image' || kind === 'heatmap').map((each) => outgoing.make(named, each, pacs)))
      return made.map((each) => (each.ok ? openObject(Buffer.from(each.value.file))!.dataSet.strings(0x00280301) : undefined))
    }
    expect(await saidOf(study)).toEqual([[], ['YES']])
    expect(await saidOf({ ...study, source: { ...study.source, cleaned: true } })).toEqual([['NO'], ['NO']])
  })

  it('names nobody, under UIDs of its own that are the same each time', async () => {
    const known = planDeliveries(study, outgoing.describe(study)!, [pacs], at)!.deliveries!.map(({ sopInstanceUid }) => sopInstanceUid)
    expect(planned.deliveries!.map(({ kind }) => kind)).toEqual(['sr', 'image'])
    for (const delivery of planned.deliveries!) {
      const object = await vouched.make(planned, delivery, research)
      if (!object.ok) throw new Error(object.error.message)
      const bytes = Buffer.from(object.value.file)
      expect(known).not.toContain(delivery.sopInstanceUid)
      expect(readFacts(bytes)).toMatchObject({ ok: true, value: { sopInstanceUid: delivery.sopInstanceUid, patientId: expect.stringMatching(/^SP-/) as string } })
      for (const telling of ['C-0042', 'Phantom Person', 'Hillside', 'amina', '20260304', '1961', 'Bleeding', study.id]) expect(bytes.includes(telling)).toBe(false)
      const again = await vouched.make(planned, delivery, research)
      expect(again.ok && bytes.equals(Buffer.from(again.value.file))).toBe(true)
    }
  })

  it('keeps image and report together in one study', async () => {
    const studies = await Promise.all(planned.deliveries!.map(async (delivery) => {
      const object = await vouched.make(planned, delivery, research)
      const facts = object.ok ? readFacts(Buffer.from(object.value.file)) : undefined
      expect(facts?.ok && facts.value.studyInstanceUid).toBe(delivery.studyInstanceUid)
      return delivery.studyInstanceUid
    }))
    expect(new Set(studies).size).toBe(1)
  })
})
