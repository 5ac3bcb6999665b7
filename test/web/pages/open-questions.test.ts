import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Study } from '../../../src/domain/study.js'
import { routineFundus } from '../views/samples.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

/** A verdict may stand beside a question (how old, which eye): who reads only the list must not take it for the end. */
describe('a question beside a verdict', () => {
  let clinic: Clinic
  let cookie: string
  beforeAll(async () => {
    clinic = await openClinic()
    cookie = await clinic.cookie('operator')
  })
  afterAll(() => clinic?.close())
  const page = async (path: string): Promise<string> => (await fetch(`${clinic.url}${path}`, { headers: { cookie, 'accept-language': 'en' } })).text()
  const rowOn = (markup: string, id: string): string => new RegExp(`<li id="s-${id}".*?</li>`, 's').exec(markup)?.[0] ?? ''
  const toAnswer = (markup: string): string | undefined => />To answer\D*(\d+)/.exec(markup)?.[1]

  it('is in the list, counted and found under To answer, until it is answered; whose an image is has its own list', async () => {
    const [asked, whose, clear] = [await clinic.receive(1), await clinic.receive(2), await clinic.receive(3)]
    const film = { modality: 'cxr', laterality: undefined, triage: { level: 'routine', code: 'tb-none', text: 'No sign of tuberculosis.' } } as const
    await clinic.giveVerdict(asked, { ...film, questions: [{ code: 'age-unknown', text: 'How old?' }] })
    await clinic.giveVerdict(whose, { ...film, questions: [{ code: 'whose-is-this', text: 'Whose?' }] })
    await clinic.giveVerdict(clear, { triage: routineFundus.triage })
    const list = await page('/')
    expect([asked, whose, clear].map((id) => rowOn(list, id).includes('Answer needed'))).toEqual([true, false, false])
    expect(toAnswer(list)).toBe('1')
    expect(rowOn(list, asked)).toMatch(/badge question.*How old is the patient\?/s)
    expect(rowOn(list, asked)).not.toMatch(/Routine|No sign of/)
    const only = await page('/?filter=question')
    expect([asked, whose, clear].map((id) => rowOn(only, id) !== '')).toEqual([true, false, false])
    await clinic.store.change(asked, { by: 'test', event: 'answered' }, (study) => ({ ...study, questions: [] }))
    const after = await page('/')
    expect([toAnswer(after), rowOn(after, asked).includes('Answer needed')]).toEqual(['0', false])
  })

  const film = { modality: 'cxr', laterality: undefined, triage: { level: 'soon', code: 'cxr-other', text: 'The chest film is not normal.' }, questions: [{ code: 'age-unknown', text: 'How old?' }] } as const satisfies Partial<Study>
  const card = (markup: string): string => /<section class="card verdict.*?<\/section>/s.exec(markup)?.[0] ?? ''

  it('is the verdict of a film without an age: asked first, and no urgency said, on page, list and register', async () => {
    const id = await clinic.receive(4)
    await clinic.giveVerdict(id, film)
    const shown = card(await page(`/studies/${id}`))
    expect(shown).toMatch(/badge question.*How old is the patient\?.*name="ageYears"/s)
    const whole = [rowOn(await page('/'), id), (await page('/register')).split('<tr').find((row) => row.includes(id)) ?? '', shown]
    for (const markup of whole) expect(markup).toMatch(/How old is the patient\?/)
    for (const markup of whole) expect(markup).not.toMatch(/Soon|not normal/)
  })

  it('never hides what is urgent, what the answers ask for, or what a clinician decided', async () => {
    const urgent = { level: 'urgent', code: 'tb-positive', text: 'Possible tuberculosis.' } as const
    const review = { at: '2026-11-22T09:00:00.000Z', by: 'dr', action: 'change', reason: 'seen', triage: { level: 'routine', text: 'An old scar.' } } as const
    const programmeAnswers = { programme: 'tuberculosis', version: 1, at: '2026-11-22T09:00:00.000Z', by: 'amina', answers: {}, escalations: [{ level: 'urgent', text: 'Collect sputum today.', code: 'x' }] } as const
    for (const [seed, over, text] of [[5, { triage: urgent }, 'Possible tuberculosis.'], [6, { reviews: [review] }, 'An old scar.'], [7, { programmeAnswers }, 'Collect sputum today.']] as const) {
      const id = await clinic.receive(seed)
      await clinic.giveVerdict(id, { ...film, ...over })
      expect(rowOn(await page('/'), id)).toContain(text)
      const shown = card(await page(`/studies/${id}`))
      expect(shown).toContain(text)
      expect(shown).toContain('name="ageYears"')
    }
  })

  it('about the age is answered once for a person: it goes into their record, and other films of theirs are read with it', async () => {
    const found = await clinic.patients.register({ name: 'Neema Test' }, 'test')
    if (!found.ok) throw new Error('patient')
    const [first, second] = [await clinic.receive(8), await clinic.receive(9)]
    for (const id of [first, second]) await clinic.giveVerdict(id, { ...film, patientId: found.value.id })
    const csrf = /name="_csrf" value="([^"]+)"/.exec(await page(`/studies/${first}`))?.[1] ?? ''
    await fetch(`${clinic.url}/studies/${first}/answer`, { method: 'POST', headers: { cookie }, body: new URLSearchParams({ _csrf: csrf, ageYears: '4' }), redirect: 'manual' })
    expect(clinic.patients.get(found.value.id)).toMatchObject({ age: { years: 4 }, history: [{ event: 'changed', by: 'operator', detail: 'age' }] })
    expect((await clinic.store.read(second)).state).toBe('received')
    const entries = await clinic.audit.recent(20)
    expect(entries.find(({ event }) => event === 'study.answer')).toMatchObject({ studyId: first, patientId: found.value.id })
  })

  it('keeps the age that a record already says', async () => {
    const found = await clinic.patients.register({ name: 'Oluchi Test', birthDate: '1980-05-31' }, 'test')
    if (!found.ok) throw new Error('patient')
    const id = await clinic.receive(10)
    await clinic.giveVerdict(id, { ...film, patientId: found.value.id })
    const csrf = /name="_csrf" value="([^"]+)"/.exec(await page(`/studies/${id}`))?.[1] ?? ''
    await fetch(`${clinic.url}/studies/${id}/answer`, { method: 'POST', headers: { cookie }, body: new URLSearchParams({ _csrf: csrf, ageYears: '4' }), redirect: 'manual' })
    expect(clinic.patients.get(found.value.id)).toEqual(found.value)
  })
})
