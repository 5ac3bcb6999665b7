import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderPhantom } from '../../../src/phantoms/phantom.js'
import { writePreviews } from '../../../src/pipeline/reader/derived-files.js'
import type { Clinic } from '../pages/clinic.js'
import { openClinic } from '../pages/clinic.js'
import { chromiumAbsent, launch, signedInPage, violations } from './browser.js'

const TEN_MB = { width: 2560, height: 2048 }

/** A chest film of 2560 x 2048 (10 MB at 16 bit), with the grain of a real detector. */
function grainyChest() {
  const pixels = renderPhantom('chest', { seed: 5, ...TEN_MB })
  let state = 1
  return { ...pixels, data: pixels.data.map((value) => {
    state = (state * 1664525 + 1013904223) >>> 0
    return Math.max(0, Math.min(255, value + (state >>> 28) - 8))
  }) }
}

describe.skipIf(chromiumAbsent)('the viewer', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  let id: string
  let before: string

  beforeAll(async () => {
    clinic = await openClinic()
    const registered = await clinic.patients.register({ name: 'Grace Wanjiru Test' }, 'operator')
    const patientId = registered.ok ? registered.value.id : ''
    before = await clinic.receive(800)
    await clinic.giveVerdict(before, { patientId, modality: 'cxr', laterality: undefined })
    const film = grainyChest()
    id = await clinic.receive(await sharp(film.data, { raw: { ...TEN_MB, channels: 1 } }).toColourspace('b-w').png({ compressionLevel: 3 }).toBuffer())
    await clinic.giveVerdict(id, { patientId, modality: 'cxr', laterality: undefined, dicom: { sopClassUid: '1.2', sopInstanceUid: '1.2.3', transferSyntaxUid: '1.2', pixelSpacingMm: { row: 0.2, column: 0.1 } } })
    const derived = await writePreviews(clinic.store.derivedFolder(id), film, 0)
    await clinic.store.change(id, { by: 'system', event: 'read' }, (study) => ({ ...study, ...(study.reading ? { reading: { ...study.reading, image: { ...TEN_MB, channels: 1, frames: 1 }, derived } } : {}) }))
    browser = await launch()
    page = await signedInPage(browser, clinic.url, await clinic.cookie('clinician'))
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  it('costs the Wi-Fi under 250 KB with the whole page, for a film of 10 MB, until somebody zooms', async () => {
    const wire = await page.context().newCDPSession(page)
    await wire.send('Network.enable')
    let bytes = 0
    wire.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength })
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('.viewer.live')
    await page.waitForTimeout(800)
    expect(bytes).toBeGreaterThan(60_000)
    expect(bytes).toBeLessThan(250_000)
    const seen = bytes
    for (const _ of [1, 2]) await page.click('button[data-act=in]')
    await page.waitForSelector('.sheet img[src*="size=full"]', { state: 'attached' })
    expect(bytes).toBeGreaterThan(seen + 1_000_000)
  })

  it('measures in millimetres by the spacing of the object, however the picture is turned and zoomed', async () => {
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('.viewer.live')
    await page.click('button[data-act=measure]')
    const shown = (): Promise<number> => page.textContent('[data-out=measure]').then((text) => Number(/^([\d.]+) mm$/.exec(text ?? '')?.[1]))
    expect(await shown()).toBeCloseTo(0.3 * 2560 * 0.1, 1)
    const box = (await page.locator('#stage').boundingBox())!
    const fit = Math.min(box.width / TEN_MB.width, box.height / TEN_MB.height)
    const drag = async (dx: number, dy: number): Promise<void> => {
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2 - 60]
      await page.mouse.move(x, y)
      await page.mouse.down()
      await page.mouse.move(x + dx, y + dy, { steps: 3 })
      await page.mouse.up()
    }
    await drag(100, 0)
    expect(Math.abs(await shown() - (100 / fit) * 0.1)).toBeLessThan(1)
    await page.click('button[data-act=rotate]')
    await page.click('button[data-act=in]')
    await drag(70, 0)
    expect(Math.abs(await shown() - (70 / fit / 1.5) * 0.2)).toBeLessThan(1.5)
  })

  it('shows every tool whole, those of a mode too', async () => {
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('.viewer.live')
    const cut = (): Promise<number> => page.locator('.viewer').evaluate((viewer: { scrollHeight: number; clientHeight: number }) => viewer.scrollHeight - viewer.clientHeight)
    expect(await cut()).toBeLessThanOrEqual(0)
    for (const mode of ['window', 'measure', 'region']) {
      await page.click(`button[data-act=${mode}]`)
      expect([mode, await cut()]).toEqual([mode, 0])
    }
  })

  it('measures by keyboard, and in pixels where the object says no scale', async () => {
    await page.goto(`${clinic.url}/studies/${before}`)
    await page.waitForSelector('.viewer.live')
    await page.focus('#stage')
    await page.keyboard.press('m')
    const first = parseInt(await page.textContent('[data-out=measure]') ?? '', 10)
    expect(first).toBe(Math.round(256 * 0.3))
    for (let press = 0; press < 10; press += 1) await page.keyboard.press('ArrowRight')
    expect(await page.textContent('[data-out=measure]')).toMatch(new RegExp(`^${Math.round(256 * 0.3 + 10 * 256 / 200)} pixels`))
  })

  it('shows the previous image beside it, and moves both', async () => {
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('.viewer.live')
    await page.focus('#stage')
    await page.keyboard.press('p')
    await page.waitForSelector(`.beside img[src*="${before}"]`)
    await page.keyboard.press('+')
    const [one, two] = await page.locator('.sheet').evaluateAll((sheets) => (sheets as unknown as { style: { transform: string } }[]).map((sheet) => sheet.style.transform))
    expect([one?.includes('scale(1.5)'), two]).toEqual([true, one])
    expect(await violations(page)).toEqual([])
    await page.goto(`${clinic.url}/studies/${before}`)
    expect(await page.locator('button[data-act=previous]').count()).toBe(0)
  })

  it('has ready-made contrasts, by button and by number', async () => {
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('.viewer.live')
    await page.click('button[data-act=window]')
    const filter = (): Promise<string> => page.evaluate(`document.querySelector('.sheet img').style.filter`)
    const plain = await filter()
    await page.click('button[data-act=preset-dark]')
    const dark = await filter()
    await page.focus('#stage')
    await page.keyboard.press('4')
    expect(new Set([plain, dark, await filter()]).size).toBe(3)
    await page.keyboard.press('1')
    expect(await filter()).toBe('none')
  })

  it('says that the sharp picture did not come, and fetches it when asked', async () => {
    await page.goto(`${clinic.url}/studies/${id}`)
    await page.waitForSelector('.viewer.live')
    let refused = 0
    await page.route(/size=full/, async (route) => { refused += 1; await route.fulfill({ status: 503, body: '{}' }) })
    for (const _ of [1, 2]) await page.click('button[data-act=in]')
    const told = page.locator('[data-for=full][role=alert]')
    await told.waitFor({ state: 'visible' })
    expect(await told.textContent()).toContain('small signs may be missing')
    await page.focus('#stage')
    for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowLeft')
    expect(refused).toBe(1)
    expect(await violations(page)).toEqual([])
    await page.unroute(/size=full/)
    await told.locator('button').click()
    await page.waitForSelector('.sheet img[src*="size=full"]', { state: 'attached' })
    await told.waitFor({ state: 'hidden' })
  })
})
