import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PatientId } from '../../../src/domain/ids.js'
import type { Laterality } from '../../../src/domain/image-content.js'
import { MOST_PHOTOS } from '../../../src/programmes/eyes.js'
import { chromiumAbsent, launch, signedInPage, speak } from '../a11y/browser.js'
import { routineFundus, urgentFundus } from '../views/samples.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

/** A clear photo says "come back in a year"; said before the other eye is seen it sends a person home who may go blind. */
describe('a clear photo of an eye', () => {
  let clinic: Clinic
  let cookie: string
  let seed = 100
  beforeAll(async () => {
    clinic = await openClinic()
    cookie = await clinic.cookie('operator')
  })
  afterAll(() => clinic?.close())

  const photo = async (laterality: Laterality, patientId?: PatientId, triage = routineFundus.triage): Promise<string> => {
    const id = await clinic.receive(seed += 1)
    await clinic.giveVerdict(id, { laterality, triage, ...(patientId ? { patientId } : {}) })
    return id
  }
  const page = async (path: string): Promise<string> => (await fetch(`${clinic.url}${path}`, { headers: { cookie, 'accept-language': 'en' } })).text()
  const rowOn = (markup: string, id: string): string => new RegExp(`<li id="s-${id}".*?</li>`, 's').exec(markup)?.[0] ?? ''
  const saysRoutine = (markup: string): boolean => /Routine|12 months/.test(markup)

  it('never reads routine on any page while the other eye is not seen', async () => {
    const patientId = await clinic.person('Asha Test')
    const id = await photo('R', patientId)
    const visit = await clinic.visits.start({ patientId }, 'operator')
    await clinic.store.change(id, { by: 'test', event: 'visit' }, (study) => ({ ...study, visitId: visit.id }))
    const rows = { list: rowOn(await page('/'), id), patient: rowOn(await page(`/patients/${patientId}`), id), live: rowOn(await page('/?fragment=list'), id) }
    for (const [where, row] of Object.entries(rows)) {
      expect(row, where).toContain('Incomplete')
      expect(row, where).toContain('An eye is not seen yet')
      expect(row, where).toContain('This eye alone: Nothing to refer')
      expect(saysRoutine(row), where).toBe(false)
    }
    const whole = { patient: await page(`/patients/${patientId}`), study: await page(`/studies/${id}`), visit: await page(`/visits/${visit.id}`) }
    for (const [where, markup] of Object.entries(whole)) expect([where, saysRoutine(markup), markup.includes('Incomplete')]).toEqual([where, false, true])
    const line = (await page('/register')).split('<tr').find((text) => text.includes('Asha Test')) ?? ''
    expect([line.includes('Incomplete: An eye is not seen yet'), saysRoutine(line)]).toEqual([true, false])
  })

  it('keeps what a clinician wrote of it', async () => {
    const id = await photo('R', await clinic.person('Furaha Test'))
    await clinic.store.change(id, { by: 'dr', event: 'reviewed' }, (study) => ({ ...study, reviews: [{ at: study.receivedAt, by: 'dr', action: 'change', reason: 'old scar', triage: { level: 'routine', text: 'Only a scar, come in spring.' } }] }))
    for (const markup of [rowOn(await page('/'), id), await page(`/studies/${id}`), await page('/register')]) expect(markup).toMatch(/Incomplete[\s\S]*Only a scar, come in spring\./)
  })

  it('reads routine once both are clear, in both rows', async () => {
    const patientId = await clinic.person('Baraka Test')
    const ids = [await photo('R', patientId), await photo('L', patientId)]
    const list = await page('/')
    for (const id of ids) expect(rowOn(list, id)).toMatch(/badge routine.*12 months/s)
    expect(await page('/register')).toMatch(/Baraka Test.*Routine: No diabetic eye disease to refer in either eye/s)
  })

  it.skipIf(chromiumAbsent)('changes on an open list when the other eye comes, without loading it again', async () => {
    const patientId = await clinic.person('Hawa Test')
    const first = await photo('R', patientId)
    const browser = await launch()
    try {
      const open = await signedInPage(browser, clinic.url, cookie)
      await open.goto(`${clinic.url}/?order=newest`)
      await open.waitForSelector(`#s-${first} >> text=Incomplete`)
      await open.evaluate('window.stayed = true')
      await photo('L', patientId)
      await open.waitForSelector(`#s-${first} .badge.routine`, { timeout: 20_000 })
      expect(await open.evaluate('window.stayed')).toBe(true)
    } finally {
      await browser.close()
    }
  }, 60_000)

  it.skipIf(chromiumAbsent)('changes on its own open page when the other eye comes, and not when somebody else\'s does', async () => {
    const patientId = await clinic.person('Imani Test')
    const first = await photo('R', patientId)
    const browser = await launch()
    try {
      const open = await signedInPage(browser, clinic.url, cookie)
      await open.goto(`${clinic.url}/studies/${first}`)
      await open.waitForSelector('#study .verdict >> text=Incomplete')
      await open.evaluate('window.stayed = true')
      const asked = open.waitForResponse((answer) => answer.url().includes('fragment=study'))
      await photo('L', await clinic.person('Jabali Test'))
      await asked
      expect(await open.textContent('#study .verdict')).toContain('Incomplete')
      await photo('L', patientId)
      await open.waitForSelector('#study .verdict >> text=12 months', { timeout: 20_000 })
      expect(await open.evaluate('window.stayed')).toBe(true)
    } finally {
      await browser.close()
    }
  }, 60_000)

  it('says what the worse eye asks for', async () => {
    const patientId = await clinic.person('Chausiku Test')
    const clear = await photo('R', patientId)
    await photo('L', patientId, urgentFundus.triage)
    const row = rowOn(await page('/'), clear)
    expect(row).toContain(urgentFundus.triage?.text)
    expect(row).toContain('This eye alone: Nothing to refer')
  })

  it('stands in the list where its badge says, and is counted so', async () => {
    const patientId = await clinic.person('Erevu Test')
    const clear = await photo('R', patientId)
    await photo('L', patientId, urgentFundus.triage)
    const list = await page('/')
    const badges = [...list.matchAll(/class="badge (\w+)"/g)].map(([, tone = '']) => tone)
    const ranks = badges.map((tone) => ['immediate', 'urgent', 'soon', 'none', 'routine'].indexOf(tone))
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    expect(badges).toContain('routine')
    expect(/Urgent <b>(\d+)/.exec(list)?.[1]).toBe(String(badges.filter((tone) => tone === 'urgent' || tone === 'immediate').length))
    expect(rowOn(await page('/?filter=urgent'), clear)).toContain('badge urgent')
  })

  it('says in the list which of two people of one name it is of', async () => {
    const made = await Promise.all([{ ageYears: '61', sex: 'F', identifier: 'C-0091' }, { ageYears: '24', sex: 'M', identifier: 'C-0092' }].map((facts) => clinic.patients.register({ name: 'Faraja Test', ...facts }, 'test')))
    const ids = await Promise.all(made.map((each) => photo('R', each.ok ? each.value.id : undefined)))
    const list = await page('/')
    expect(rowOn(list, ids[0]!)).toMatch(/Faraja Test[\s\S]*F · 61 years · C-0091/)
    expect(rowOn(list, ids[1]!)).toMatch(/Faraja Test[\s\S]*M · 24 years · C-0092/)
  })

  it.skipIf(chromiumAbsent)('has a long name whole on a tablet, from its own beginning and beside the picture, in Arabic too', async () => {
    const made = await clinic.patients.register({ name: 'Wanjiru Achieng Nyong’o-Mwangi wa Kamau', ageYears: '47', sex: 'F' }, 'test')
    const id = await photo('R', made.ok ? made.value.id : undefined)
    const browser = await launch()
    try {
      const open = await signedInPage(browser, clinic.url, cookie)
      for (const language of ['en', 'ar']) {
        await speak(open, clinic.url, language)
        await open.goto(`${clinic.url}/?order=newest`)
        const shown: { whole: boolean; near: number; fromItsBeginning: boolean } = await open.evaluate(`(() => {
          const row = document.getElementById('s-${id}'), name = row.querySelector('.row-who strong'), thumb = row.querySelector('.thumb').getBoundingClientRect()
          const letters = [...name.firstChild.data].map((_, at) => { const range = document.createRange(); range.setStart(name.firstChild, at); range.setEnd(name.firstChild, at + 1); return range.getBoundingClientRect() })
          const line = letters.filter(({ top }) => Math.abs(top - letters[0].top) < 10)
          const box = name.getBoundingClientRect(), style = getComputedStyle(name)
          return {
            whole: style.whiteSpace === 'normal' && style.overflow === 'visible' && letters.every(({ left, right }) => left >= box.left - 1 && right <= box.right + 1), fromItsBeginning: line[0].left < line.at(-1).left,
            near: document.dir === 'rtl' ? thumb.left - Math.max(...line.map(({ right }) => right)) : letters[0].left - thumb.right
          }
        })()`)
        expect([language, shown.whole, shown.fromItsBeginning, shown.near < 24]).toEqual([language, true, true, true])
      }
    } finally {
      await browser.close()
    }
  }, 60_000)

  it('of nobody yet is one eye too', async () => {
    const id = await photo('R')
    expect(saysRoutine(rowOn(await page('/'), id))).toBe(false)
    expect(saysRoutine(await page(`/studies/${id}`))).toBe(false)
  })

  it('is judged by its own round, not by a newer one', async () => {
    const patientId = await clinic.person('Dalili Test')
    const old = [await photo('R', patientId), await photo('L', patientId)]
    for (const id of old) await clinic.store.change(id, { by: 'test', event: 'older' }, (study) => ({ ...study, receivedAt: '2025-01-10T08:00:00.000Z' }))
    const now = await photo('R', patientId)
    const list = await page('/')
    expect(rowOn(list, old[0]!)).toContain('badge routine')
    expect(rowOn(list, now)).toContain('Incomplete')
    expect(await page(`/studies/${old[0]!}`)).toContain('12 months')
    expect(await page(`/studies/${now}`)).toContain('Take the left eye')
  })

  it('is of the newest round by when it came, also where the clock went back since', async () => {
    const patientId = await clinic.person('Neema Test')
    const before = await photo('R', patientId)
    const now = await photo('R', patientId)
    await clinic.store.change(now, { by: 'test', event: 'clock' }, (study) => ({ ...study, receivedAt: '2025-01-10T08:00:00.000Z' }))
    const asksForLeft = async (id: string): Promise<boolean> => (await page(`/studies/${id}`)).includes('Take the left eye')
    expect([await asksForLeft(before), await asksForLeft(now)]).toEqual([false, true])
  })

  it('is clear to a second reader only when the other eye is decided', async () => {
    const patientId = await clinic.person('Eshe Test')
    const clear = await photo('R', patientId)
    const waiting = await photo('L', patientId)
    await clinic.store.change(waiting, { by: 'system', event: 'reviewed' }, (study) => ({ ...study, reviews: [{ at: study.receivedAt, by: 'other', action: 'accept', reason: '', asksSecond: true }] }))
    const doctor = await clinic.cookie('clinician')
    const list = await (await fetch(`${clinic.url}/`, { headers: { cookie: doctor } })).text()
    expect(rowOn(list, clear)).toContain('A photo is still being read')
    expect(saysRoutine(rowOn(list, clear))).toBe(false)
  })

  it('is cleared by no page while an earlier photo of the round is urgent, however many other images came since', async () => {
    const patientId = await clinic.person('Mosi Test')
    const urgent = await photo('R', patientId, urgentFundus.triage)
    const [right, left] = [await photo('R', patientId), await photo('L', patientId)]
    const clips = async (count: number): Promise<void> => {
      for (let clip = 0; clip < count; clip += 1) {
        const id = await clinic.receive(seed += 1)
        await clinic.store.change(id, { by: 'test', event: 'read' }, (study) => ({ ...study, modality: 'ultrasound', patientId }))
      }
    }
    const tones = async (): Promise<(string | undefined)[]> => (await Promise.all([`/studies/${right}`, `/studies/${left}`, `/patients/${patientId}`].map(page))).map((markup) => /<section class="card verdict (\w+)"/.exec(markup)?.[1])
    await clips(48)
    expect(await tones()).toEqual(['urgent', 'urgent', 'urgent'])
    await clips(53)
    expect(await tones()).toEqual(['urgent', 'urgent', 'urgent'])
    const verdict: unknown = await (await fetch(`${clinic.url}/api/v1/patients/${patientId}/eyes`, { headers: { cookie, accept: 'application/json' } })).json()
    expect(verdict).toMatchObject({ verdict: 'referable', worst: urgent })
    expect(await page(`/patients/${patientId}`)).toContain(`<img src="/api/v1/studies/${left}/image?size=tablet"`)
    expect(rowOn(await page('/?filter=urgent&order=newest'), left)).toMatch(/class="[^"]*urgent/)
  }, 120_000)

  it('clears no urgent one of its round on its own page, however many photos came since', async () => {
    const patientId = await clinic.person('Neno Test')
    const urgent = await photo('R', patientId, urgentFundus.triage)
    const later: string[] = []
    for (let count = 0; count < MOST_PHOTOS; count += 1) later.push(await photo(count % 2 === 0 ? 'R' : 'L', patientId))
    const tone = async (id: string): Promise<string | undefined> => /<section class="card verdict (\w+)"/.exec(await page(`/studies/${id}`))?.[1]
    expect(await tone(urgent)).toBe('urgent')
    await clinic.store.change(later[0]!, { by: 'test', event: 'detached' }, ({ patientId: _given, ...study }) => study)
    expect(await tone(later.at(-1)!)).toBe('urgent')
  }, 120_000)
})
