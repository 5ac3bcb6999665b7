import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumAbsent, launch } from '../a11y/browser.js'
import type { Clinic } from './clinic.js'
import { PIN, openClinic, phantomPng } from './clinic.js'

describe.skipIf(chromiumAbsent)('without JavaScript (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let study: string
  beforeAll(async () => {
    clinic = await openClinic()
    study = await clinic.receive(1)
    await clinic.giveVerdict(study)
    browser = await launch()
    context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 600, height: 1024 } })
    page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(`${clinic.url}/login`)
    await page.fill('[name=user]', 'clinician')
    await page.fill('[name=pin]', PIN)
    await page.click('form[action="/login"] button')
    await page.waitForURL(`${clinic.url}/`)
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  it('the list leads to the image, its verdict and its report', async () => {
    await page.click(`#s-${study} a`)
    await page.waitForSelector('#verdict.urgent')
    expect(await page.locator('.sheet img').evaluate((picture) => (picture as unknown as { naturalWidth: number }).naturalWidth)).toBe(256)
    for (const tool of await page.locator('.tools button, [data-act=scan]').all()) expect(await tool.isVisible()).toBe(false)
    const href = await page.getAttribute('a[href*="report.pdf"]', 'href')
    const report = await context.request.get(clinic.url + (href ?? ''))
    expect([report.status(), report.headers()['content-type']]).toEqual([200, 'application/pdf'])
  })

  it('a form is filled, refused with what was typed, and saved', async () => {
    await page.goto(`${clinic.url}/studies/${study}`)
    await page.check('[name=action][value=change]')
    await page.fill('[name=reason]', 'Only one bleeding.')
    await page.click('#review button')
    await page.waitForSelector('[role=alert]')
    expect(await page.inputValue('[name=reason]')).toBe('Only one bleeding.')
    await page.check('[name=level][value=soon]')
    await page.fill('#review [name=text]', 'See the eye doctor next month.')
    await page.click('#review button')
    await page.waitForSelector('#verdict.soon')
  })

  it('a person is registered and found, and a picture is sent for them', async () => {
    await page.goto(`${clinic.url}/patients/new?then=capture`)
    await page.fill('[name=name]', 'Grace Wanjiru Test')
    await page.fill('[name=ageYears]', '54')
    await page.click('main form[action="/patients"] button:not([type=button])')
    await page.waitForURL(/\/capture\?patient=/)
    await page.setInputFiles('#f-files', { name: 'eye.png', mimeType: 'image/png', buffer: await phantomPng(70) })
    await page.click('#send')
    await page.click('#uploads a')
    await page.waitForSelector('#verdict')
    expect(await page.textContent('#patient')).toContain('Grace Wanjiru Test')
    await page.goto(`${clinic.url}/patients`)
    await page.fill('#f-search', 'wanj')
    await page.click('form[role=search] button:not([type=button])')
    expect(await page.textContent('#found')).toContain('Grace Wanjiru Test')
    expect(page.url()).not.toContain('wanj')
  })
})
