import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../../flows/peers.js'
import { launch, signedInPage } from '../a11y/browser.js'
import type { Clinic } from './clinic.js'
import { openClinic, phantomPng } from './clinic.js'

describeWith(['chromium'], 'an image that is on the appliance already, sent again', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  let [owner, other, study] = ['', '', '']
  beforeAll(async () => {
    clinic = await openClinic()
    browser = await launch()
    const register = async (name: string): Promise<string> => { const made = await clinic.patients.register({ name }, 'operator'); return made.ok ? made.value.id : '' }
    owner = await register('Amina Owner')
    other = await register('Baraka Other')
    study = await clinic.receive(41)
    page = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })
  const sendAgain = async (patient: string): Promise<string> => {
    await page.goto(`${clinic.url}/capture?patient=${patient}`, { waitUntil: 'load' })
    await page.locator('#f-files').setInputFiles({ name: 'eye.png', mimeType: 'image/png', buffer: await phantomPng(41) })
    await page.waitForSelector('#uploads a')
    await page.waitForTimeout(500)
    expect(new URL(page.url()).pathname).toBe('/capture')
    return page.locator('#uploads li').innerText()
  }

  it('becomes the chosen patient\'s when it was nobody\'s, and the page says so', async () => {
    expect(await sendAgain(owner)).toMatch(/nobody’s until now[^]*Amina Owner/)
    expect((await clinic.store.read(study)).patientId).toBe(owner)
  }, 60_000)

  it('stays another\'s: the page says whose, goes nowhere by itself, and leads to "Wrong patient?"', async () => {
    expect(await sendAgain(other)).toMatch(/somebody else[^]*Amina Owner/)
    expect((await clinic.store.read(study)).patientId).toBe(owner)
    await page.click('#uploads a')
    await page.waitForURL(/\/studies\/[^/?]+#wrong-patient$/)
    expect(await page.locator('#wrong-patient button').isVisible()).toBe(true)
  }, 60_000)

  it('says the same without JavaScript', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })
    const plain = await context.newPage()
    await plain.goto(`${clinic.url}/capture?patient=${other}`)
    await plain.locator('#f-files').setInputFiles({ name: 'eye.png', mimeType: 'image/png', buffer: await phantomPng(41) })
    await plain.click('#send')
    expect(await plain.locator('#uploads li').innerText()).toMatch(/somebody else[^]*Amina Owner/)
    await context.close()
  }, 60_000)
})
