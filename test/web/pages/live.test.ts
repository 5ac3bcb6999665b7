import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clinic } from './clinic.js'
import { PIN, openClinic, phantomPng } from './clinic.js'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const absent = !existsSync(CHROMIUM) && process.env['CI'] !== 'true'

describe.skipIf(absent)('the tablet page in Chromium (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    clinic = await openClinic()
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'] })
    context = await browser.newContext({ viewport: { width: 600, height: 1024 }, hasTouch: true })
    page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) problems.push(message.text()) })
    await page.goto(`${clinic.url}/login`)
    await page.fill('[name=user]', 'clinician')
    await page.fill('[name=pin]', PIN)
    await page.click('main button')
    await page.waitForURL(`${clinic.url}/`)
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  it('shows a new image and then its verdict by itself', async () => {
    await page.goto(clinic.url)
    await page.waitForSelector('#empty')
    await page.evaluate('window.notReloaded = true')
    const id = await clinic.receive(1)
    await page.waitForSelector(`#s-${id}.pending`, { timeout: 15_000 })
    await clinic.giveVerdict(id)
    await page.waitForSelector(`#s-${id}.urgent`, { timeout: 15_000 })
    expect(await page.evaluate('window.notReloaded')).toBe(true)
  })

  it('keeps scroll place and focus while the list refreshes', async () => {
    const ids: string[] = []
    for (let seed = 10; seed < 20; seed += 1) ids.push(await clinic.receive(seed))
    await page.goto(clinic.url)
    const row = page.locator(`#s-${ids[5]} a`)
    await row.focus()
    await row.scrollIntoViewIfNeeded()
    const before = await row.boundingBox()
    const id = await clinic.receive(30)
    await page.waitForSelector(`#s-${id}`, { timeout: 15_000, state: 'attached' })
    expect(await page.evaluate('document.activeElement.parentElement.id')).toBe(`s-${ids[5]}`)
    const after = await row.boundingBox()
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 1e6))).toBeLessThan(160)
  })

  it('follows the reading on the page of one study and keeps the viewer usable', async () => {
    const id = await clinic.receive(40)
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('#verdict.pending')
    await page.waitForTimeout(300)
    await clinic.giveVerdict(id)
    await page.waitForSelector('#verdict.urgent', { timeout: 15_000 })
    await page.waitForSelector('.viewer.live .tools:not([hidden])')
    expect(await page.textContent('h1')).toMatch(/^Eye photo/)
    expect(await page.title()).toMatch(/^Eye photo/)
    await page.click('button[data-act=in]')
    await page.click('button[data-act=in]')
    expect(await page.evaluate(`document.querySelector('.sheet').style.transform`)).toContain('scale(2.25)')
    await page.waitForSelector('.sheet img[src*="size=full"]', { state: 'attached' })
    await page.click('button[data-act=heat]')
    await page.waitForSelector('.sheet img[src*="/heatmap?"]', { state: 'attached' })
  })

  it('lays the heatmap of a clip over the frame that it is of, and over no other', async () => {
    const id = await clinic.receive(42)
    const study = await clinic.giveVerdict(id)
    const [thumbnail, preview, heatmap] = study.reading!.derived
    const derived = [thumbnail!, ...[0, 1, 2].map((frame) => ({ ...preview!, frame })), { ...heatmap!, frame: 2 }]
    await clinic.giveVerdict(id, { reading: { ...study.reading!, image: { ...study.reading!.image, frames: 3 }, derived } })
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('.viewer.live .tools:not([hidden])')
    const shown = (): Promise<unknown> => page.evaluate(`[document.querySelector('[data-out=frame]').textContent, document.querySelector('.sheet img[src*="/heatmap?"]')?.hidden === false]`)
    expect(await shown()).toEqual(['1 / 3', false])
    await page.click('button[data-act=heat]')
    expect(await shown()).toEqual(['3 / 3', true])
    await page.fill('input[data-act=frame]', '2')
    expect(await shown()).toEqual(['2 / 3', false])
    await page.fill('input[data-act=frame]', '3')
    expect(await shown()).toEqual(['3 / 3', true])
  })

  it('tells a clinician whose study was changed meanwhile and keeps what was typed', async () => {
    const id = await clinic.receive(41)
    await clinic.giveVerdict(id)
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForTimeout(300)
    await page.check('[name=action][value=change]')
    await page.check('[name=level][value=soon]')
    await page.fill('#review [name=text]', 'See the eye doctor next month.')
    await page.fill('[name=reason]', 'Only one bleeding.')
    await clinic.store.change(id, { by: 'other', event: 'note' }, (study) => study)
    await page.waitForSelector('#changed:not([hidden])', { timeout: 15_000 })
    await page.click('#review button')
    await page.waitForSelector('.banner.bad[role=alert]')
    expect(await page.inputValue('[name=reason]')).toBe('Only one bleeding.')
    await page.click('#review button')
    await page.waitForSelector('#verdict.soon')
    expect((await clinic.store.read(id)).reviews.at(-1)?.triage?.level).toBe('soon')
  })

  it('finds a patient while typing and attaches the image in one tap', async () => {
    const registered = await clinic.patients.register({ name: 'Grace Wanjiru Test', village: 'Kondele' }, 'operator')
    const id = await clinic.receive(42)
    await clinic.giveVerdict(id)
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.locator('#f-search').pressSequentially('wanj')
    await page.click('#found button')
    await page.waitForSelector('#patient .patient')
    expect((await clinic.store.read(id)).patientId).toBe(registered.ok && registered.value.id)
    expect(page.url()).not.toContain('wanj')
  })

  it('sends several pictures with progress and opens the study from the receipt', async () => {
    await page.goto(`${clinic.url}/capture`)
    await page.waitForSelector('body.scripted')
    await page.setInputFiles('#f-files', [
      { name: 'left.png', mimeType: 'image/png', buffer: await phantomPng(50) }, { name: 'right.png', mimeType: 'image/png', buffer: await phantomPng(51) }, { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no image') }
    ])
    await page.waitForSelector('#uploads li.good:nth-child(2) a', { timeout: 20_000 })
    await page.waitForSelector('#uploads li.bad:nth-child(3)', { timeout: 20_000 })
    await page.click('#uploads li.good a')
    await page.waitForSelector('#verdict')
  })

  it('says that the line is lost and comes back by itself', async () => {
    await page.goto(clinic.url)
    await page.waitForTimeout(500)
    await context.setOffline(true)
    await page.waitForSelector('#connection:not([hidden])', { timeout: 20_000 })
    const id = await clinic.receive(60)
    await context.setOffline(false)
    await page.waitForSelector(`#s-${id}`, { timeout: 20_000, state: 'attached' })
  })

  it('has no target smaller than 44 pixels and nothing wider than a phone', async () => {
    const id = await clinic.receive(70)
    await clinic.giveVerdict(id)
    await page.setViewportSize({ width: 390, height: 844 })
    const made = await clinic.patients.register({ name: 'Baraka Test' }, 'clinician')
    const visit = (await clinic.visits.start({ patientId: made.ok ? made.value.id : '' }, 'clinician')).id
    await clinic.visits.hold(visit, { station: 'inbox', takeOver: false }, 'clinician')
    const paths = ['/', `/studies/${id}`, '/patients', '/patients/new', '/capture', '/system', '/quarantine', '/visits', `/visits/${visit}`, '/whose', '/work', '/register', '/tour', '/practice/2', '/uplink']
    for (const path of paths) {
      await page.goto(clinic.url + path)
      await page.waitForTimeout(300)
      const small = await page.locator('a[href]:visible, button:visible, summary:visible, input:visible:not([type=radio]):not([type=checkbox]):not([type=file]), label:has(input):visible, textarea:visible').evaluateAll((elements) =>
        (elements as unknown as { getBoundingClientRect(): { width: number; height: number }; outerHTML: string }[]).map((element) => ({ box: element.getBoundingClientRect(), html: element.outerHTML.slice(0, 120) }))
          .filter(({ box, html }) => !html.includes('skip') && box.height > 1 && (box.height < 44 || box.width < 44)).map(({ html, box }) => `${box.width}x${box.height} ${html}`))
      expect([path, small]).toEqual([path, []])
      const wide = await page.locator('html').evaluate((element) => (element as unknown as { scrollWidth: number; clientWidth: number }).scrollWidth - (element as unknown as { clientWidth: number }).clientWidth)
      expect([path, wide]).toEqual([path, 0])
    }
  })

  it('broke no rule of its own content policy and threw nothing', () => {
    expect(problems).toEqual([])
  })
})
