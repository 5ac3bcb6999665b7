import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../../flows/peers.js'
import { code128, filmLabel, qrLabel } from '../../generators/label.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

/** As Firefox and Safari have none; `none` is Chrome on a tablet without Google's services: the class is there and reads nothing. */
const WITHOUT = { absent: 'delete window.BarcodeDetector', none: 'window.BarcodeDetector = class { static async getSupportedFormats() { return [] } async detect() { return [] } }' } as const
const NUMBER = 'KSM-0042'

describeWith(['ffmpeg', 'chromium'], 'a card before the camera of a browser that reads no codes itself', () => {
  let clinic: Clinic
  let folder: string
  const open: Browser[] = []
  beforeAll(async () => {
    clinic = await openClinic()
    folder = await mkdtemp(join(tmpdir(), 'screenpost-scan-'))
    await clinic.patients.register({ name: 'Grace Wanjiru Test', identifier: NUMBER }, 'operator')
  })
  afterAll(async () => {
    await Promise.all(open.map((browser) => browser.close()))
    await clinic?.close()
    await rm(folder, { recursive: true, force: true })
  })

  type Tried = { readonly page: Page; readonly problems: string[]; readonly asked: string[] }
  /** A tablet with this picture before its camera, on the page of patients. */
  const tablet = async (path: string, detector: string): Promise<Tried> => {
    const camera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${path}`]
    const browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...camera] })
    open.push(browser)
    const context = await browser.newContext({ viewport: { width: 600, height: 1024 }, serviceWorkers: 'block' })
    const [name = '', value = ''] = (await clinic.cookie('operator')).split('=')
    await context.addCookies([{ name, value, url: clinic.url }])
    await context.addInitScript(detector)
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    const [problems, asked]: [string[], string[]] = [[], []]
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) problems.push(message.text()) })
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(`${clinic.url}/patients`)
    return { page, problems, asked }
  }
  const labels = {
    'a QR code held askew': { make: () => qrLabel(NUMBER), turn: 11, detector: WITHOUT.absent },
    'a Code 128 label': { make: () => code128(NUMBER), turn: 4, detector: WITHOUT.absent },
    'a Code 128 label on its side': { make: () => code128(NUMBER, { module: 2 }), turn: 87, detector: WITHOUT.none }
  } as const

  for (const [what, { make, turn, detector }] of Object.entries(labels)) {
    it(`finds the person by ${what}, with a library that comes only now`, async () => {
      const path = join(folder, `${turn}.mjpeg`)
      await filmLabel(await make(), { path, turn })
      const { page, problems, asked } = await tablet(path, detector)
      expect(asked).not.toContain('/static/vendor/zxing.js')
      await page.click('[data-act=scan]')
      await page.waitForSelector('#found >> text=Grace Wanjiru Test')
      expect(await page.inputValue('#f-search')).toBe(NUMBER)
      expect(asked.filter((each) => each === '/static/vendor/zxing.js')).toHaveLength(1)
      expect(await page.locator('.scan-view').isVisible()).toBe(false)
      expect(problems).toEqual([])
    }, 60_000)
  }

  it('finds nothing in a picture without a code, stops when told, and says so when the library does not come', async () => {
    const path = join(folder, 'empty.mjpeg')
    await filmLabel(await code128(' ', { module: 1, height: 26 }), { path, turn: 45 })
    const { page, problems } = await tablet(path, WITHOUT.absent)
    await page.route('**/zxing.js', (route) => route.abort())
    await page.click('[data-act=scan]')
    await page.waitForSelector('.scan .error', { state: 'visible' })
    expect(await page.innerText('.scan .error')).toMatch(/did not come over the Wi-Fi/)
    await page.unroute('**/zxing.js')
    await page.click('[data-act=scan]')
    await page.waitForSelector('.scan-view', { state: 'visible' })
    await page.waitForTimeout(2000)
    expect([await page.inputValue('#f-search'), await page.locator('.scan .error').isVisible()]).toEqual(['', false])
    await page.click('[data-act=stop]')
    await page.waitForSelector('.scan-view', { state: 'hidden' })
    expect(await page.locator('.scan .error').isVisible()).toBe(false)
    expect(problems).toEqual([])
  }, 60_000)
})
