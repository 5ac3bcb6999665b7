import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clinic } from '../pages/clinic.js'
import { openClinic } from '../pages/clinic.js'
import { chromiumAbsent, launch, signedInPage, violations } from './browser.js'

describe.skipIf(chromiumAbsent)('the tablet without a line', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    clinic = await openClinic()
    await clinic.giveVerdict(await clinic.receive(700))
    browser = await launch()
    page = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
    await page.goto(clinic.url)
    await page.evaluate('navigator.serviceWorker.ready')
    await page.waitForFunction('navigator.serviceWorker.controller')
    await page.reload()
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  it('keeps the shell, and nothing about a person', async () => {
    const kept: string[] = await page.evaluate(`caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((cache) => cache.keys())))).then((all) => all.flat().map((request) => new URL(request.url).pathname))`)
    expect(kept).toContain('/static/app.css')
    expect(kept.filter((path) => path !== '/offline' && !path.startsWith('/static/'))).toEqual([])
    expect(await page.evaluate(`caches.match('/offline').then((page) => page.text())`)).not.toContain('Test operator')
  })

  it('says so on any page, in its own shell, and goes on by itself', async () => {
    await page.context().setOffline(true)
    await page.goto(`${clinic.url}/patients`)
    expect(await page.textContent('h1')).toBe('Not available now')
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.top')).backgroundColor`)).toBe('rgb(11, 74, 84)')
    expect(await violations(page)).toEqual([])
    await page.context().setOffline(false)
    await page.waitForSelector('#f-search, [type=search]', { timeout: 15_000 })
    expect(new URL(page.url()).pathname).toBe('/patients')
  })

  it('can be installed: a manifest with a name, a start and an icon that is there', async () => {
    const manifest = await (await fetch(`${clinic.url}/static/manifest.webmanifest`)).json() as { start_url: string; display: string; icons: { src: string; sizes: string }[] }
    expect(manifest).toMatchObject({ start_url: '/', display: 'standalone' })
    expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']))
    for (const { src } of manifest.icons) expect((await fetch(clinic.url + src)).status).toBe(200)
  })
})
