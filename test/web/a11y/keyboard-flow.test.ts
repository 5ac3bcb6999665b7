import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clinic } from '../pages/clinic.js'
import { PIN, openClinic, phantomPng } from '../pages/clinic.js'
import { chromiumAbsent, launch, signedInPage } from './browser.js'

const FOCUSED = `(() => { const e = document.activeElement; return [e.tagName.toLowerCase(), e.id, e.name, e.getAttribute('href') ?? e.form?.getAttribute('action'), e.dataset.act, e.type === 'password' ? '' : e.value].map((x) => x ?? '').join('|') })()`

/**
 * What is wrong with the place of the focus, or nothing: a ring of at least two pixels on it, or on the label that stands for a hidden control, in sight and
 * not under the bar at the top (WCAG 2.4.7 and 2.4.11).
 */
const UNSEEN = `(() => {
  const e = document.activeElement
  if (e === document.body || e.id === 'main') return ''
  const ring = (x) => { const s = getComputedStyle(x); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }
  const stands = [e, e.nextElementSibling, e.closest('label'), ...(e.labels ?? [])].filter(Boolean)
  const shown = stands.find(ring)
  if (!shown) return 'no ring'
  const box = shown.getBoundingClientRect()
  const middle = [box.left + Math.min(box.width, innerWidth) / 2, Math.max(box.top, 0) / 2 + Math.min(box.bottom, innerHeight) / 2]
  if (box.bottom <= 0 || box.top >= innerHeight) return 'out of sight'
  const top = document.elementFromPoint(...middle)
  return top && (shown.contains(top) || top.contains(shown) || stands.some((x) => x.contains(top))) ? '' : 'covered by ' + (top?.className || top?.tagName)
})()`

describe.skipIf(chromiumAbsent)('a day without a pointer (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  const unseen: string[] = []
  beforeAll(async () => {
    clinic = await openClinic()
    browser = await launch()
    page = await signedInPage(browser, clinic.url, '')
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  /** Presses Tab (or Shift+Tab) until what has the focus is described by `wanted`; each stop on the way must be seen. */
  const tabTo = async (wanted: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> => {
    const seen: string[] = []
    for (let press = 0; press < 90; press += 1) {
      const focused: string = await page.evaluate(FOCUSED)
      const trouble: string = press === 0 ? '' : await page.evaluate(UNSEEN)
      if (trouble !== '') unseen.push(`${new URL(page.url()).pathname.replace(/[VP]-[^/]+/, 'ID')} ${focused}: ${trouble}`)
      if (wanted.test(focused)) return
      seen.push(focused)
      await page.keyboard.press(key)
    }
    throw new Error(`never focused ${wanted} on ${page.url()}: ${seen.join(' ')}`)
  }
  const press = async (...keys: readonly string[]): Promise<void> => { for (const key of keys) await page.keyboard.press(key) }
  const style = (what: string): Promise<string> => page.evaluate(`(() => { const sheet = document.querySelector('.sheet'); return { move: sheet.style.transform, look: sheet.querySelector('img').style.filter, heat: sheet.querySelector('img[src*="/heatmap?"]')?.style.opacity ?? '' }.${what} })()`)

  it('signs in, registers a person and opens a visit', async () => {
    await page.goto(`${clinic.url}/login`)
    await tabTo(/^input\|[^|]*\|user/)
    await page.keyboard.type('clinician')
    await tabTo(/^input\|[^|]*\|pin/)
    await page.keyboard.type(PIN)
    await press('Enter')
    await page.waitForURL(`${clinic.url}/`)
    await tabTo(/^a\|\|\|\/patients\|/)
    await press('Enter')
    await page.waitForURL('**/patients')
    await tabTo(/\/patients\/new/)
    await press('Enter')
    await page.waitForURL('**/patients/new')
    await tabTo(/^input\|f-name\|/)
    await page.keyboard.type('Asha Keyboard Test')
    await tabTo(/^input\|[^|]*\|sex\|/)
    await press('Space')
    await tabTo(/^input\|[^|]*\|ageYears/)
    await page.keyboard.type('54')
    await tabTo(/^button\|\|\|\/patients\|/)
    await press('Enter')
    await page.waitForURL(/\/patients\/P-[^/]+\?done=registered/)
    expect(await page.innerText('h1')).toBe('Asha Keyboard Test')
    await tabTo(/^button\|\|\|\/visits\|/)
    await press('Enter')
    await page.waitForURL(/\/visits\/V-/)
  }, 60_000)

  let studyId = ''
  it('brings a picture in from a file, says which eye, and comes to its verdict', async () => {
    const asked = page.waitForEvent('filechooser')
    await tabTo(/^a\|\|\|\/capture\?patient=/)
    await press('Enter')
    await page.waitForURL(/\/capture\?patient=/)
    await page.waitForSelector('body.scripted')
    await tabTo(/^input\|[^|]*\|laterality\|/)
    for (let turn = 0; turn < 3 && !(await page.isChecked('input[name=laterality][value=R]')); turn += 1) await press('ArrowDown')
    await tabTo(/^input\|f-files\|/)
    await press('Enter')
    const chooser = await asked
    await chooser.setFiles({ name: 'eye.png', mimeType: 'image/png', buffer: await phantomPng(4711) })
    await page.waitForURL(/\/studies\//)
    studyId = new URL(page.url()).pathname.split('/').at(-1)!
    const study = await clinic.store.read(studyId)
    expect([study.laterality, clinic.patients.find(study.patientId!)?.name]).toEqual(['R', 'Asha Keyboard Test'])
    await clinic.giveVerdict(studyId)
    await page.waitForSelector('.viewer.live')
    expect(await page.innerText('.what-next')).toContain('Refer to an eye doctor')
  }, 60_000)

  it('looks closer, changes the contrast, inverts, lays the heatmap on, and measures', async () => {
    await tabTo(/^div\|stage/)
    await press('+', '+', 'ArrowLeft')
    expect(await style('move')).toMatch(/translate\(40px, 0px\) rotate\(0deg\) scale\(2.25\)/)
    await tabTo(/\|window\|/)
    await press('Space')
    await tabTo(/\|bright\|/)
    await press('ArrowRight', 'ArrowRight')
    await tabTo(/\|preset-dark\|/)
    await press('Enter')
    expect(await style('look')).toMatch(/brightness\(2.5\) contrast\(1\)/)
    await tabTo(/\|invert\|/, 'Shift+Tab')
    await press('Space')
    expect(await style('look')).toContain('invert(1)')
    await tabTo(/\|heat\|/)
    await press('Space')
    await tabTo(/\|opacity\|/)
    const before = Number(await style('heat'))
    await press('ArrowRight', 'ArrowRight', 'PageUp')
    expect(Number(await style('heat'))).toBeGreaterThan(before)
    await tabTo(/\|measure\|/, 'Shift+Tab')
    await press('Space')
    const length = await page.innerText('[data-out=measure]')
    expect(length).toMatch(/\d/)
    await tabTo(/^div\|stage/, 'Shift+Tab')
    await press('ArrowRight', 'ArrowRight', 'Enter', 'ArrowLeft')
    expect(await page.innerText('[data-out=measure]')).not.toBe(length)
    await tabTo(/\|reset\|/)
    await press('Enter')
    expect(await style('move')).toMatch(/translate\(0px, 0px\) rotate\(0deg\) scale\(1\)/)
  }, 60_000)

  it('accepts the verdict with a reason and comes back to the list', async () => {
    await tabTo(/^input\|[^|]*\|action\|.*accept/)
    await tabTo(/^textarea\|[^|]*\|reason/)
    await page.keyboard.type('Agreed.')
    await tabTo(/^button\|\|\|\/studies\/[^|]*\/review/)
    await press('Enter')
    await page.waitForSelector('.reviewed')
    expect((await clinic.store.read(studyId)).reviews.at(-1)).toMatchObject({ action: 'accept', reason: 'Agreed.' })
    await tabTo(/^a\|\|\|\/\|/)
    await press('Enter')
    await page.waitForURL(`${clinic.url}/`)
    await tabTo(new RegExp(`/studies/${studyId}`))
  }, 60_000)

  it('always saw where it stood', () => { expect([...new Set(unseen)]).toEqual([]) })
})
