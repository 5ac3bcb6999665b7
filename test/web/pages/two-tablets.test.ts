import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumAbsent, launch, signedInPage } from '../a11y/browser.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

describe.skipIf(chromiumAbsent)('two tablets at one visit (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  let first: Page
  let second: Page
  let visit: string
  beforeAll(async () => {
    clinic = await openClinic()
    browser = await launch()
    const made = await clinic.patients.register({ name: 'Amina Test' }, 'operator')
    visit = (await clinic.visits.start({ patientId: made.ok ? made.value.id : '' }, 'operator')).id
    first = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
    second = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
    for (const page of [first, second]) {
      await page.goto(`${clinic.url}/visits/${visit}`)
      await page.waitForTimeout(500)
    }
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  it('show the same devices and what they take, without being loaded again', async () => {
    await second.evaluate('window.notReloaded = true')
    await first.click('form[action$="/hold"]:has([value=inbox]) button')
    await second.waitForSelector('[data-station=inbox]', { timeout: 20_000 })
    await first.click('[data-station=inbox] [value=eye-left]')
    await second.waitForSelector('[data-station=inbox] [value=eye-left][aria-pressed=true]', { timeout: 20_000 })
    expect(await second.evaluate('window.notReloaded')).toBe(true)
  }, 60_000)

  it('tell the one what the other ended, change nothing behind its back, and keep every picture', async () => {
    const study = await clinic.receive(900)
    await clinic.visits.close(visit, 'operator')
    await second.waitForTimeout(300)
    const late = await second.request.post(`${clinic.url}/visits/${visit}/hold`, { maxRedirects: 0, headers: { accept: 'text/html', origin: clinic.url }, form: { station: 'inbox', take: 'eye-right', _csrf: await second.locator('[name=_csrf]').first().inputValue() } })
    expect(late.status()).toBeGreaterThanOrEqual(400)
    expect(await late.text()).not.toMatch(/Something went wrong/)
    expect((await clinic.visits.read(visit)).claims.filter((claim) => claim.take?.code === 'eye-right')).toEqual([])
    await second.goto(`${clinic.url}/visits/${visit}`)
    expect(await second.locator('.station').count()).toBe(0)
    expect(await clinic.store.read(study)).toMatchObject({ id: study })
  }, 60_000)

  it('keep what the slower one wrote about a person, beside what the other saved', async () => {
    const made = await clinic.patients.register({ name: 'Baraka Test', village: 'Old' }, 'operator')
    const id = made.ok ? made.value.id : ''
    for (const page of [first, second]) await page.goto(`${clinic.url}/patients/${id}/edit`)
    await first.fill('[name=village]', 'Kondele')
    await first.click('main form button:not([type=button])')
    await first.waitForURL(/\/patients\/P-[^/]+(\?.*)?$/)
    await second.fill('[name=phone]', '0700 000 001')
    await second.click('main form button:not([type=button])')
    await second.waitForSelector('[role=alert]')
    expect(await second.inputValue('[name=phone]')).toBe('0700 000 001')
    expect((await second.locator('[role=alert]').allTextContents()).join(' ')).toContain('Kondele')
    expect(clinic.patients.find(id)).toMatchObject({ village: 'Kondele' })
  }, 60_000)

  it('lay no earlier picture of one person beside a photo that the other tablet has given to the right one', async () => {
    const [wrong, right] = [await clinic.person('Wrong Test'), await clinic.person('Right Test')]
    const [earlier, photo] = [await clinic.receive(910), await clinic.receive(911)]
    for (const id of [earlier, photo]) await clinic.giveVerdict(id, { patientId: wrong })
    await second.goto(`${clinic.url}/studies/${photo}`)
    await second.waitForSelector('.viewer.live')
    await second.click('button[data-act=previous]')
    await second.waitForSelector(`.beside img[src*="${earlier}"]`)
    await clinic.commands.attach(photo, right, { by: 'operator' })
    await second.waitForSelector(`#patient a[href="/patients/${right}"]`, { timeout: 20_000 })
    expect(await second.locator(`.beside, .beside img[src*="${earlier}"]`).count()).toBe(0)
    await second.waitForSelector('.viewer.live .tools:not([hidden])')
  }, 60_000)

  it('number the same places on the picture and beside it when the other has taken one off', async () => {
    const photo = await clinic.receive(912)
    await clinic.giveVerdict(photo)
    for (const x of [0.1, 0.6]) await clinic.commands.markRegion(photo, { frame: 0, x, y: 0.1, width: 0.2, height: 0.2, text: `at ${x}` }, { by: 'clinician' })
    await second.goto(`${clinic.url}/studies/${photo}`)
    await second.waitForSelector('.viewer.live')
    const [gone] = (await clinic.store.read(photo)).regions ?? []
    await clinic.commands.withdrawRegion(photo, gone?.id ?? '', { by: 'clinician' })
    await second.locator('#regions li').nth(1).waitFor({ state: 'detached', timeout: 20_000 })
    expect(await second.locator('.regions text').allTextContents()).toEqual(['1'])
    expect(Number(await second.getAttribute('.regions rect.over', 'x'))).toBeCloseTo(0.6 * 256)
  }, 60_000)

  it('show where the model of the new reading looked, after one has had the image read again', async () => {
    const photo = await clinic.receive(913)
    await clinic.giveVerdict(photo)
    const paint = (background: string): Promise<unknown> => sharp({ create: { width: 8, height: 8, channels: 3, background } }).png().toFile(join(clinic.store.derivedFolder(photo), 'heatmap-dr-referable.png'))
    const colour = (): Promise<unknown> => second.evaluate(`(async () => {
      const overlay = document.querySelector('.viewer.live .sheet img[src*="/heatmap"]')
      await overlay.decode()
      const ink = Object.assign(document.createElement('canvas'), { width: 8, height: 8 }).getContext('2d')
      ink.drawImage(overlay, 0, 0)
      return [...ink.getImageData(4, 4, 1, 1).data.slice(0, 3)]
    })()`)
    const look = async (): Promise<unknown> => {
      await second.click('.viewer.live button[data-act=heat]')
      return colour()
    }
    await paint('#ff0000')
    await second.goto(`${clinic.url}/studies/${photo}`)
    await second.waitForSelector('.viewer.live')
    expect(await look()).toEqual([255, 0, 0])
    await paint('#0000ff')
    await clinic.store.change(photo, { by: 'system', event: 'read' }, (study) => ({ ...study, ...(study.reading ? { reading: { ...study.reading, timingMs: { ...study.reading.timingMs, total: study.reading.timingMs.total + 7 } } } : {}) }))
    await second.waitForSelector('.viewer.live button[data-act=heat][aria-pressed=false]', { timeout: 20_000 })
    expect(await look()).toEqual([0, 0, 255])
  }, 60_000)

  it('send a person sooner on the page of one eye when a clinician has said so of the other, once more', async () => {
    const patientId = await clinic.person('Eyes Test')
    const [right, left] = [await clinic.receive(914), await clinic.receive(915)]
    await clinic.giveVerdict(right, { patientId, laterality: 'R', triage: { level: 'routine', code: 'dr-none', text: 'No disease.' } })
    await clinic.giveVerdict(left, { patientId, laterality: 'L' })
    const say = async (level: 'soon' | 'immediate', text: string): Promise<unknown> => clinic.commands.review(left, { action: 'change', reason: 'seen again', triage: { level, text } }, { by: 'clinician' })
    await say('soon', 'See "the eye doctor" in a month, don\'t wait.')
    await second.goto(`${clinic.url}/studies/${right}`)
    await second.waitForSelector('#verdict.soon')
    await second.waitForTimeout(500)
    await say('immediate', 'Send her today.')
    await second.waitForSelector('#verdict.immediate', { timeout: 10_000 })
    expect(await second.textContent('#verdict .what-next')).toBe('Send her today.')
  }, 60_000)

  it('keep what is being written of one person out of the page of another, and have it again with them', async () => {
    const [wrong, right] = [await clinic.person('Wrong Draft'), await clinic.person('Right Draft')]
    const photo = await clinic.receive(916)
    await clinic.giveVerdict(photo)
    const typed = async (patientId: string | undefined): Promise<string> => {
      await clinic.commands.attach(photo, patientId, { by: 'operator' })
      await second.goto(`${clinic.url}/studies/${photo}`)
      return second.inputValue('#f-note-text')
    }
    await second.goto(`${clinic.url}/studies/${photo}`)
    await second.fill('#f-note-text', 'Lives alone')
    expect(await typed(wrong)).toBe('Lives alone')
    await second.fill('#f-note-text', 'Lives alone, has asthma')
    expect(await typed(right)).toBe('')
    expect(await typed(undefined)).toBe('')
    expect(await typed(wrong)).toBe('Lives alone, has asthma')
  }, 60_000)

  it('move nothing under a finger: a line of the list that is tapped is still there when the other ends its visit meanwhile', async () => {
    const [below, tapped] = [await clinic.person('Below Test'), await clinic.person('Tapped Test')]
    const under = await clinic.visits.start({ patientId: below }, 'operator')
    const { id } = await clinic.visits.start({ patientId: tapped }, 'operator')
    await second.goto(`${clinic.url}/visits`)
    await second.waitForTimeout(1500)
    const line = second.locator('#visits a:has-text("Tapped Test")')
    const { x = 0, y = 0, width = 0, height = 0 } = (await line.boundingBox()) ?? {}
    await second.mouse.move(x + width / 2, y + height / 2)
    await second.mouse.down()
    await clinic.visits.hold(under.id, { station: 'inbox', takeOver: true }, 'operator')
    await clinic.visits.close(id, 'operator')
    await second.waitForTimeout(1500)
    await second.mouse.up()
    await second.waitForURL(/\/visits\/V-/)
    expect((await second.textContent('h1'))?.trim()).toBe('Tapped Test')
    await second.goto(`${clinic.url}/visits`)
    await second.waitForTimeout(1500)
    await second.mouse.move(5, 5)
    await second.mouse.down()
    await clinic.visits.start({ patientId: tapped }, 'operator')
    await second.waitForTimeout(500)
    await second.mouse.up()
    await second.waitForSelector('#visits a:has-text("Tapped Test")', { timeout: 10_000 })
  }, 60_000)

  it('keep a place that a clinician marks after something else of the image has changed', async () => {
    const photo = await clinic.receive(917)
    await clinic.giveVerdict(photo)
    const doctor = await signedInPage(browser, clinic.url, await clinic.cookie('clinician'))
    await doctor.goto(`${clinic.url}/studies/${photo}`)
    await doctor.waitForSelector('.viewer.live')
    await doctor.waitForTimeout(500)
    await clinic.commands.note(photo, 'told the family', { by: 'operator' })
    await doctor.waitForSelector('#notes q', { timeout: 20_000 })
    await doctor.click('button[data-act=region]')
    await doctor.fill('#f-region', 'drusen')
    await doctor.click('[data-for=region] button')
    await doctor.waitForSelector('.banner.good')
    expect((await clinic.store.read(photo)).regions).toMatchObject([{ text: 'drusen' }])
  }, 60_000)
})
