import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Arrival } from '../../../src/domain/arrival.js'
import { ok } from '../../../src/domain/result.js'
import { phantomPng } from './clinic.js'
import { describeWith } from '../../flows/peers.js'
import { launch, signedInPage } from '../a11y/browser.js'
import type { TestWeb } from '../harness.js'
import { NURSE, cookieOf, logIn, setUp, startTestWeb } from '../harness.js'

describeWith(['chromium'], 'a picture taken with the tablet', () => {
  let web: TestWeb
  let browser: Browser
  const arrivals: Arrival[] = []
  beforeAll(async () => {
    web = await startTestWeb({ deps: { deliver: async (arrival) => { arrivals.push(arrival); return ok({ outcome: 'stored', studyId: '20260301-00000000' }) } } })
    await setUp(web)
    browser = await launch()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await web?.[Symbol.asyncDispose]()
  })

  it('while the Wi-Fi is away waits, goes by itself when it is back, and says when it was taken, by our clock', async () => {
    const page = await signedInPage(browser, web.url, cookieOf(await logIn(web, NURSE.id, NURSE.pin)))
    const library = page.waitForResponse((answer) => answer.url().endsWith('/vendor/tus.js'))
    await page.goto(`${web.url}/capture`, { waitUntil: 'load' })
    await (await library).finished()
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    await page.context().setOffline(true)
    await page.locator('#f-files').setInputFiles({ name: 'eye.png', mimeType: 'image/png', buffer: await phantomPng(3) })
    const takenMs = Date.now()
    await new Promise((resolve) => { setTimeout(resolve, 4000) })
    expect(arrivals).toEqual([])
    const backMs = Date.now()
    await page.context().setOffline(false)
    await vi.waitFor(() => expect(arrivals).toHaveLength(1), 30_000)
    expect(Math.abs(Date.parse(arrivals[0]!.takenAt!) - takenMs)).toBeLessThan(2500)
    expect(Date.parse(arrivals[0]!.takenAt!)).toBeLessThan(backMs - 1000)
  }, 60_000)
})
