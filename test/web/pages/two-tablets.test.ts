import type { Browser, Page } from 'playwright-core'
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
})
