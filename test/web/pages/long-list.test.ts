import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumAbsent, launch, signedInPage } from '../a11y/browser.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

const STUDIES = 140
const ROWS = `[...document.querySelectorAll('.row')].map((row) => row.id)`

describe.skipIf(chromiumAbsent)('a long list (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    clinic = await openClinic()
    for (let seed = 0; seed < STUDIES; seed += 1) await clinic.receive(2000 + seed)
    browser = await launch()
    page = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  it('scrolls to its end: every study once, nothing jumps', async () => {
    await page.goto(clinic.url)
    await page.waitForTimeout(500)
    await page.evaluate(`window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value }).observe({ type: 'layout-shift', buffered: false })`)
    let count = 0
    for (let turn = 0; turn < 100 && count < STUDIES; turn += 1) {
      await page.mouse.wheel(0, 1500)
      await page.waitForTimeout(150)
      count = await page.locator('.row').count()
    }
    const ids: string[] = await page.evaluate(ROWS)
    expect([ids.length, new Set(ids).size]).toEqual([STUDIES, STUDIES])
    expect(await page.locator('#more').count()).toBe(0)
    expect(await page.evaluate('window.shift')).toBe(0)
  }, 60_000)

  it('keeps what scrolling added fresh where somebody looks, and keeps the place', async () => {
    const last: string = await page.evaluate(`${ROWS}.at(-1)`)
    await page.locator(`#${last}`).scrollIntoViewIfNeeded()
    const before = await page.locator(`#${last}`).boundingBox()
    await clinic.store.change(last.slice(2), { by: 'test', event: 'read' }, (study) => ({ ...study, state: 'failed', failure: { code: 'truncated', message: 'Cut off.' } }))
    await page.waitForSelector(`#${last}.failed`, { timeout: 15_000 })
    const after = await page.locator(`#${last}`).boundingBox()
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 1e6))).toBeLessThan(2)
    expect(await page.locator('.row').count()).toBe(STUDIES)
  }, 60_000)

  it('goes on by keyboard, and without JavaScript page by page', async () => {
    await page.goto(clinic.url)
    await page.waitForTimeout(300)
    await page.focus('.row:nth-child(24) a')
    const inPart = (): Promise<boolean> => page.evaluate(`document.activeElement.closest('.row') !== null && document.activeElement.closest('[id^=part-]') !== null`)
    for (let press = 0; press < 3 && !(await inPart()); press += 1) {
      await page.keyboard.press('Tab')
      await page.waitForTimeout(1500)
    }
    expect(await inPart()).toBe(true)
    const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 600, height: 1024 } })
    await plain.addCookies(await page.context().cookies())
    const still = await plain.newPage()
    await still.goto(clinic.url)
    const seen = new Set<string>()
    for (let turn = 0; turn < 10; turn += 1) {
      for (const id of await still.locator('.row').evaluateAll((rows) => (rows as unknown as { id: string }[]).map((row) => row.id))) seen.add(id)
      if (await still.locator('#more a').count() === 0) break
      await still.click('#more a')
    }
    expect(seen.size).toBe(STUDIES)
    await plain.close()
  }, 60_000)
})
