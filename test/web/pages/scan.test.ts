import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumAbsent, violations } from '../a11y/browser.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

/** Chromium's own test picture as the camera; what a tablet's detector reads in it stands in for the one that Linux lacks. */
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']
const DETECTOR = `window.seen = []; window.BarcodeDetector = class { async detect(video) { window.seen.push(video.videoWidth); return window.seen.length > 2 ? [{ rawValue: ' C-0042 ' }] : [] } }`

describe.skipIf(chromiumAbsent)('a card before the camera (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  const problems: string[] = []
  beforeAll(async () => {
    clinic = await openClinic()
    await clinic.patients.register({ name: 'Grace Wanjiru Test', identifier: 'C-0042' }, 'operator')
    browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...CAMERA] })
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  const tablet = async (detector: string, more: { permissions?: string[] } = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 600, height: 1024 }, ...more })
    const [name = '', value = ''] = (await clinic.cookie('operator')).split('=')
    await context.addCookies([{ name, value, url: clinic.url }])
    await context.addInitScript(detector)
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) problems.push(message.text()) })
    return page
  }

  it('finds its person, and the camera is off again', async () => {
    const page = await tablet(DETECTOR)
    await page.goto(`${clinic.url}/patients`)
    await page.evaluate(`(() => { const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await open(wish)) })()`)
    await page.click('[data-act=scan]')
    await page.waitForSelector('.scan-view video', { state: 'visible' })
    expect(await violations(page)).toEqual([])
    await page.waitForSelector('#found >> text=Grace Wanjiru Test')
    expect(await page.inputValue('#f-search')).toBe('C-0042')
    expect(Number(await page.evaluate('window.seen.at(-1)'))).toBeGreaterThan(0)
    expect(await page.evaluate(`window.stream.getTracks().map((track) => track.readyState)`)).toEqual(['ended'])
    expect(page.url()).toBe(`${clinic.url}/patients`)
  })

  it('fills the number of a new patient and sends nothing yet', async () => {
    const page = await tablet(DETECTOR)
    await page.goto(`${clinic.url}/patients/new`)
    await page.click('[data-act=scan]')
    await expect.poll(() => page.inputValue('#f-identifier'), { timeout: 15_000 }).toBe('C-0042')
    expect(new URL(page.url()).pathname).toBe('/patients/new')
  })

  it('before the appliance\'s own scanner replaces nobody who is looked for on another tablet, and waits there for a tap', async () => {
    for (const [name, identifier] of [['Amina Test', 'C-0051'], ['Baraka Test', 'C-0052']] as const) await clinic.patients.register({ name, identifier }, 'operator')
    const page = await tablet(DETECTOR)
    await page.goto(`${clinic.url}/visits`)
    const scan = (text: string): Promise<unknown> => page.evaluate(`document.dispatchEvent(new CustomEvent('device-said', { detail: { type: 'scanned', deviceId: 'codes', text: '${text}' } }))`)
    await scan('C-0051')
    await page.waitForSelector('#found >> text=Amina Test')
    for (const again of [1, 2]) await scan(`C-005${again}`)
    await scan('C-0052')
    await page.waitForTimeout(500)
    expect([await page.inputValue('#f-search'), await page.locator('#found li').allTextContents()]).toEqual(['C-0051', [expect.stringContaining('Amina Test')]])
    expect(await page.locator('.offered button').allTextContents()).toEqual(['Look up the scanned card: C-0052'])
    expect(await violations(page)).toEqual([])
    await page.click('.offered >> text=C-0052')
    await page.waitForSelector('#found >> text=Baraka Test')
    expect(await page.locator('.offered button').count()).toBe(0)
    await page.fill('#f-search', 'Ami')
    await page.waitForSelector('#found >> text=Amina Test')
    await scan('C-0052')
    await page.waitForTimeout(500)
    expect(await page.inputValue('#f-search')).toBe('Ami')
  })

  it('stops when told, and says so when there is no camera', async () => {
    const page = await tablet(`window.BarcodeDetector = class { async detect() { return [] } }`)
    await page.goto(`${clinic.url}/patients`)
    await page.click('[data-act=scan]')
    await page.click('[data-act=stop]')
    await page.waitForSelector('.scan-view', { state: 'hidden' })
    await page.evaluate(`navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('none'))`)
    await page.click('[data-act=scan]')
    await page.waitForSelector('.scan .error', { state: 'visible' })
  })

  it('asks for no library where the browser reads codes', async () => {
    const page = await tablet(DETECTOR)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(`${clinic.url}/patients`)
    await page.click('[data-act=scan]')
    await page.waitForSelector('#found >> text=Grace Wanjiru Test')
    expect(asked.some((path) => path.includes('zxing'))).toBe(false)
  })

  it('broke no content policy and threw nothing', () => { expect(problems).toEqual([]) })
})
