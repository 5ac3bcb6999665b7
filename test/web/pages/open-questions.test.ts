import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
    const only = await page('/?filter=question')
    expect([asked, whose, clear].map((id) => rowOn(only, id) !== '')).toEqual([true, false, false])
    await clinic.store.change(asked, { by: 'test', event: 'answered' }, (study) => ({ ...study, questions: [] }))
    const after = await page('/')
    expect([toAnswer(after), rowOn(after, asked).includes('Answer needed')]).toEqual(['0', false])
  })
})
