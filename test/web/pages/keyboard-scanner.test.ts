import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeWith, peerPath } from '../../flows/peers.js'

const script = readFileSync(resolve(import.meta.dirname, '../../../web-static/visits.js'), 'utf8')

describeWith(['chromium'], 'a barcode scanner that is a keyboard', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => { browser = await chromium.launch({ executablePath: peerPath('chromium'), args: ['--no-sandbox'] }) }, 60_000)
  afterAll(() => browser.close())
  beforeEach(async () => {
    page = await browser.newPage()
    await page.setContent('<div data-scan="#q"></div><form id="f"><input id="q"></form><a href="#" id="a">x</a><form id="c" action="/devices/camera/commands/capture"></form>')
    await page.evaluate('window.sent = []; for (const id of ["f", "c"]) document.getElementById(id).addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); sent.push(id + document.getElementById("q").value) })')
    await page.addScriptTag({ content: script })
  })
  /** All keys at once, as such a scanner sends them. */
  const scan = (text: string, into = 'a'): Promise<unknown> =>
    page.evaluate(`for (const key of [...${JSON.stringify(text)}, 'Enter']) document.getElementById('${into}').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))`)
  const sent = (): Promise<unknown> => page.evaluate('window.sent')

  it('finds the person, wherever the focus is', async () => {
    await scan('P-7K3M9Q2X')
    expect(await sent()).toEqual(['fP-7K3M9Q2X'])
  })

  it('leaves what is typed into a field to that field', async () => {
    await scan('P-7K3M9Q2X', 'q')
    expect(await sent()).toEqual([])
  })

  it('is told apart from fingers', async () => {
    await page.focus('#a')
    await page.keyboard.type('abcdef', { delay: 120 })
    await page.keyboard.press('Enter')
    expect(await sent()).toEqual([])
  })

  it('presses the capture button with the trigger code, as a footswitch does', async () => {
    await scan('SCREENPOST-CAPTURE')
    expect(await sent()).toEqual(['c'])
  })
})
