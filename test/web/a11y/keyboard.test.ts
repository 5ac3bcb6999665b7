import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clinic } from '../pages/clinic.js'
import { PIN, openClinic } from '../pages/clinic.js'
import { chromiumAbsent, launch, signedInPage } from './browser.js'

const FOCUSED = `(() => { const e = document.activeElement; return [e.tagName.toLowerCase(), e.id, e.name, e.getAttribute('href'), e.dataset.act, e.value].map((x) => x ?? '').join('|') })()`

describe.skipIf(chromiumAbsent)('the whole flow without a pointer', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  let id: string

  beforeAll(async () => {
    clinic = await openClinic()
    id = await clinic.receive(600)
    await clinic.giveVerdict(id)
    browser = await launch()
    page = await signedInPage(browser, clinic.url, '')
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  /** Presses Tab until what has the focus is described by `wanted`; every stop must be visible as such. */
  const tabTo = async (wanted: RegExp): Promise<void> => {
    const seen: string[] = []
    for (let press = 0; press < 80; press += 1) {
      const focused: string = await page.evaluate(FOCUSED)
      if (wanted.test(focused)) {
        expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).not.toBe('none')
        return
      }
      seen.push(focused)
      await page.keyboard.press('Tab')
    }
    throw new Error(`never focused ${wanted}: ${seen.join(' ')}`)
  }

  it('signs in, opens the study, looks at the image, and accepts the verdict', async () => {
    await page.goto(`${clinic.url}/login`)
    await tabTo(/^input\|[^|]*\|user/)
    await page.keyboard.type('clinician')
    await tabTo(/^input\|[^|]*\|pin/)
    await page.keyboard.type(PIN)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${clinic.url}/`)
    await tabTo(new RegExp(`/studies/${id}`))
    await page.keyboard.press('Enter')
    await page.waitForSelector('.viewer.live')
    await tabTo(/^div\|stage/)
    await page.keyboard.press('+')
    expect(await page.evaluate(`document.querySelector('.sheet').style.transform`)).toContain('scale(1.5)')
    await tabTo(/\|heat\|/)
    await page.keyboard.press('Space')
    await page.waitForSelector('.sheet img[src*="/heatmap?"]', { state: 'attached' })
    await tabTo(/^input\|[^|]*\|action\|.*accept/)
    await tabTo(/^textarea\|[^|]*\|reason/)
    await page.keyboard.type('Agreed.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.reviewed')
    expect((await clinic.store.read(id)).reviews.at(-1)).toMatchObject({ action: 'accept', reason: 'Agreed.' })
  }, 60_000)

  it('reaches the content first by the skip link', async () => {
    await page.goto(clinic.url)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
  })
})
