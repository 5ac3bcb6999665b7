import { execFileSync, spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Study } from '../../../src/domain/study.js'
import { routineFundus, ungradableFundus } from '../views/samples.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

const havePoppler = spawnSync('pdftotext', ['-v']).error === undefined

/** The paper goes to the person or to the next doctor: it must not say other than the screen it was printed from. */
describe.skipIf(!havePoppler)('a paper printed from a study’s page (apt-get install poppler-utils)', () => {
  let clinic: Clinic
  let cookie: string
  let seed = 200
  beforeAll(async () => {
    clinic = await openClinic()
    cookie = await clinic.cookie('operator')
  })
  afterAll(() => clinic?.close())

  const study = async (over: Partial<Study>): Promise<string> => {
    const id = await clinic.receive(seed += 1)
    await clinic.giveVerdict(id, over)
    return id
  }
  const textOf = async (id: string, name: 'report' | 'letter'): Promise<string> => {
    const answer = await fetch(`${clinic.url}/api/v1/studies/${id}/${name}.pdf?language=en`, { headers: { cookie } })
    return execFileSync('pdftotext', ['-layout', '-', '-'], { input: Buffer.from(await answer.arrayBuffer()), encoding: 'utf8' }).replace(/\s+/g, ' ')
  }
  const clear = { triage: routineFundus.triage }

  it('of a clear eye says what both eyes ask for, and that this one alone shows nothing', async () => {
    const patientId = await clinic.person('Asha Test')
    await study({ patientId, laterality: 'L' })
    const id = await study({ ...clear, patientId, laterality: 'R' })
    for (const name of ['report', 'letter'] as const) {
      const text = await textOf(id, name)
      expect(text, name).toContain('Refer to an eye doctor within 4 weeks')
      expect(text, name).toContain('This eye alone: Nothing to refer')
      expect(text, name).toContain('Urgent')
      expect(text, name).not.toMatch(/Routine|12 months/)
    }
  })

  it('of a clear eye beside one that was not seen is incomplete, also of nobody', async () => {
    for (const patientId of [await clinic.person('Baraka Test'), undefined]) {
      const text = await textOf(await study({ ...clear, laterality: 'R', ...(patientId ? { patientId } : {}) }), 'report')
      expect(text).toContain('An eye is not seen yet: photograph it, or refer the patient.')
      expect(text).not.toMatch(/Routine|12 months/)
    }
  })

  it('of an ungradable photo says what the other photos of the person ask for', async () => {
    const patientId = await clinic.person('Chausiku Test')
    await study({ patientId, laterality: 'L' })
    const text = await textOf(await study({ triage: { ...ungradableFundus.triage!, code: 'ungradable' }, reading: ungradableFundus.reading, patientId, laterality: 'L' }), 'letter')
    expect(text).toContain('Refer to an eye doctor within 4 weeks')
    expect(text).toContain('This eye alone: Ungradable')
  })

  it('is routine once both eyes are clear', async () => {
    const patientId = await clinic.person('Dalila Test')
    await study({ ...clear, patientId, laterality: 'L' })
    expect(await textOf(await study({ ...clear, patientId, laterality: 'R' }), 'report')).toMatch(/in either eye.*Routine/)
  })

  it('of a film without an age says so in place of a verdict, beside what is urgent and never below it', async () => {
    const film = { modality: 'cxr', laterality: undefined, questions: [{ code: 'age-unknown', text: 'How old?' }] } as const satisfies Partial<Study>
    const waits = await textOf(await study({ ...film, triage: { level: 'routine', code: 'tb-none', text: 'No sign of tuberculosis on the film.' } }), 'report')
    expect(waits).toContain('The age of the patient is not known')
    expect(waits).not.toMatch(/Routine|No sign of tuberculosis/)
    const urgent = await textOf(await study({ ...film, triage: { level: 'urgent', code: 'tb-positive', text: 'Possible tuberculosis: give a mask.' } }), 'report')
    for (const words of ['Possible tuberculosis: give a mask. The age', 'Urgent', 'Chest images']) expect(urgent).toContain(words)
  })

  it('says a side of an eye only, and is no letter of what is none of a person', async () => {
    const film = await study({ modality: 'cxr', laterality: 'R' })
    expect(await textOf(film, 'report')).toContain('Image: Chest X-ray Received')
    const house = { modality: undefined, laterality: 'R', triage: { ...ungradableFundus.triage!, code: 'ungradable' }, reading: { ...ungradableFundus.reading!, modality: undefined, quality: { gradable: false, score: 0, reasons: [{ code: 'wrong-image', text: 'Something else.' }] } } } as const satisfies Partial<Study>
    const id = await study(house)
    expect(await textOf(id, 'report')).toMatch(/Image: not stated Received.*No verdict for this image. The reason is below./)
    const letter = (of: string): Promise<Response> => fetch(`${clinic.url}/api/v1/studies/${of}/letter.pdf`, { headers: { cookie } })
    const refused = await letter(id)
    expect([refused.status, (await refused.json() as { error: { code: string } }).error.code]).toEqual([422, 'no-letter'])
    const links = async (of: string) => (await (await fetch(`${clinic.url}/studies/${of}`, { headers: { cookie } })).text()).match(/report\.pdf|letter\.pdf/g)
    expect([await links(id), await links(film)]).toEqual([['report.pdf'], ['report.pdf', 'letter.pdf']])
    const decided = await study({ ...house, reviews: [{ at: '2026-11-22T09:00:00.000Z', by: 'dr', action: 'change', reason: 'wound', triage: { level: 'soon', text: 'Have the wound seen.' } }] })
    expect((await letter(decided)).status).toBe(200)
  })

  it('never prints the words that programs rely on', async () => {
    const id = await study({ modality: 'cxr', triage: { ...ungradableFundus.triage!, code: 'ungradable' }, reading: { ...ungradableFundus.reading!, modality: 'cxr' } })
    expect(await textOf(id, 'report')).toMatch(/Take the image again as said below.* Ungradable/)
    expect(await textOf(id, 'letter')).toMatch(/Refer the patient as ungradable.* Ungradable/)
    for (const name of ['report', 'letter'] as const) expect(await textOf(id, name)).not.toContain('ungradable: retake, or refer')
  })
})
