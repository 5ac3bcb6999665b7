import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { waitMs } from '../../../src/platform/backoff.js'
import { describeWith } from '../../flows/peers.js'
import { launch, signedInPage } from '../a11y/browser.js'
import type { Clinic } from './clinic.js'
import { PIN, openClinic, phantomPng } from './clinic.js'

describeWith(['chromium'], 'a session that ended while somebody was at work', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  let study: string
  beforeAll(async () => {
    clinic = await openClinic()
    browser = await launch()
    study = await clinic.receive(51)
    await clinic.giveVerdict(study)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })
  const begin = async (path: string): Promise<void> => {
    page = await signedInPage(browser, clinic.url, await clinic.cookie('clinician'))
    await page.goto(clinic.url + path, { waitUntil: 'load' })
  }
  const end = async (): Promise<void> => clinic.access.sessions.endAllOf('clinician')
  const signIn = async (on: Page, user: string): Promise<void> => {
    await on.fill('[name=user]', user)
    await on.fill('[name=pin]', PIN)
    await on.click('form[action="/login"] button')
    await on.waitForSelector('.who')
  }

  it('says so, leads back to the page and has the note that was typed; saved, it is kept no longer', async () => {
    await begin(`/studies/${study}`)
    await page.fill('#f-note-text', 'Lens is cloudy.')
    await end()
    await page.click('#notes button')
    await page.waitForURL(/\/login/)
    expect(await page.locator('[role=status]').innerText()).toMatch(/Your session ended[^]*What you typed is kept/)
    await signIn(page, 'clinician')
    expect(new URL(page.url()).pathname).toBe(`/studies/${study}`)
    expect(await page.inputValue('#f-note-text')).toBe('Lens is cloudy.')
    await page.click('#notes button')
    await page.waitForURL(/done=saved/)
    expect((await clinic.store.read(study)).notes).toMatchObject([{ text: 'Lens is cloudy.' }])
    expect(await page.inputValue('#f-note-text')).toBe('')
  }, 60_000)

  it('leads back to the whole address of a link that was followed', async () => {
    await begin(`/studies/${study}`)
    await page.goto('about:blank')
    await end()
    await page.goto(`${clinic.url}/capture?patient=P-00000001&eye=R`)
    await signIn(page, 'clinician')
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/capture?patient=P-00000001&eye=R')
  }, 60_000)

  it('leaves nothing in any tab of who signs out in one', async () => {
    await begin(`/studies/${study}`)
    await page.fill('#f-note-text', 'Half a note')
    const other = await page.context().newPage()
    await other.goto(clinic.url, { waitUntil: 'load' })
    await other.route('**/logout', async (route) => {
      await waitMs(1_000)
      await route.continue()
    })
    const shown: string[] = []
    page.on('framenavigated', (frame) => shown.push(new URL(frame.url()).pathname))
    await other.click('.who summary')
    await other.click('form[action="/logout"] button')
    await page.waitForURL(/\/login/)
    expect(await page.evaluate('Object.keys(sessionStorage)')).toEqual([])
    expect(shown, 'never led back by a session that has not ended yet').toEqual(['/login'])
  }, 60_000)

  it('leaves the other forms of the page as they were when one is saved', async () => {
    await begin(`/studies/${study}`)
    await page.fill('#f-reason', 'Half a reason')
    await page.fill('#f-note-text', 'Second note')
    await page.click('#notes button')
    await page.waitForURL(/done=saved/)
    expect([await page.inputValue('#f-reason'), await page.inputValue('#f-note-text')]).toEqual(['Half a reason', ''])
  }, 60_000)

  it('has the new person who was typed, also after a refusal, and gives nothing of it to somebody else', async () => {
    await begin('/patients/new?then=capture')
    await page.fill('#f-name', 'Grace Test')
    await page.fill('#f-village', 'Kondele')
    await end()
    await page.click('main form[action="/patients"] button:not([type=button])')
    await page.waitForURL(/\/login/)
    await signIn(page, 'operator')
    expect(page.url()).toBe(`${clinic.url}/patients/new?then=capture`)
    expect(await page.inputValue('#f-name')).toBe('')
    await page.context().clearCookies({ name: 'screenpost_session' })
    await page.goto(`${clinic.url}/login?next=/patients/new`)
    await signIn(page, 'clinician')
    expect([await page.inputValue('#f-name'), await page.inputValue('#f-village')]).toEqual(['Grace Test', 'Kondele'])
    await page.click('main form[action="/patients"] button:not([type=button])')
    await page.waitForURL(/done=registered/)
    await page.goto(`${clinic.url}/patients/new`)
    expect(await page.inputValue('#f-name')).toBe('')
  }, 60_000)

  it('leads from a form that had been refused to the page it belongs to', async () => {
    await begin(`/studies/${study}`)
    await page.check('[name=action][value=reject]')
    await page.fill('#f-reason', '')
    await page.click('#review button')
    await page.waitForSelector('[role=alert]')
    await page.fill('#f-reason', 'Not this eye')
    await end()
    await page.click('#review button')
    await page.waitForURL(/\/login/)
    await signIn(page, 'clinician')
    expect(new URL(page.url()).pathname).toBe(`/studies/${study}`)
    expect([await page.inputValue('#f-reason'), await page.isChecked('[name=action][value=reject]')]).toEqual(['Not this eye', true])
  }, 60_000)

  it('keeps a photo until the same person signs in again in another tab, and then sends it by itself', async () => {
    await begin('/capture')
    await page.waitForTimeout(500)
    await end()
    const before = clinic.store.counts().total
    await page.locator('#f-files').setInputFiles({ name: 'eye.png', mimeType: 'image/png', buffer: await phantomPng(52) })
    await page.waitForSelector('#signed-out:visible')
    expect(await page.locator('#signed-out').innerText()).toContain('Test clinician')
    expect(await page.locator('#uploads').innerText()).not.toMatch(/Bearer|Try again/)
    const opened = page.context().waitForEvent('page')
    await page.click('#signed-out a')
    const tab = await opened
    await signIn(tab, 'operator')
    await tab.waitForTimeout(1000)
    expect([clinic.store.counts().total, await page.isVisible('#signed-out')]).toEqual([before, true])
    await page.context().clearCookies({ name: 'screenpost_session' })
    await tab.goto(`${clinic.url}/login`)
    await signIn(tab, 'clinician')
    await vi.waitFor(() => expect(clinic.store.counts().total).toBe(before + 1), 15_000)
    await page.waitForURL(/\/studies\//)
    expect((await clinic.store.read(page.url().split('/').at(-1)!)).source.operator).toBe('clinician')
  }, 60_000)
})
