import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { Arrival } from '../../../src/domain/arrival.js'
import { ok } from '../../../src/domain/result.js'
import { describeWith } from '../../flows/peers.js'
import { launch, signedInPage } from '../a11y/browser.js'
import type { TestWeb } from '../harness.js'
import { NURSE, cookieOf, logIn, setUp, startTestWeb } from '../harness.js'

const UPLOAD = '**/api/v1/tus/*'

describeWith(['chromium'], 'an upload that the Wi-Fi dropped', () => {
  let web: TestWeb
  let browser: Browser
  let page: Page
  let folder: string
  let file: string
  let anna: string
  let berta: string
  let announced: string[]
  let arrivals: Arrival[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-resumes-'))
    file = join(folder, 'IMG_0001.png')
    await writeFile(file, Buffer.alloc(5 * 1024 * 1024, 7))
    web = await startTestWeb({ deps: { deliver: async (arrival) => { arrivals.push(arrival); return ok({ outcome: 'stored', studyId: '20260301-00000000' }) } } })
    await setUp(web)
    const [first, second] = [await web.deps.patients.register({ name: 'Anna One' }, 'nurse'), await web.deps.patients.register({ name: 'Berta Two' }, 'nurse')]
    if (!first.ok || !second.ok) throw new Error('patients')
    anna = first.value.id
    berta = second.value.id
    browser = await launch()
  }, 60_000)
  beforeEach(async () => {
    arrivals = []
    announced = []
    page = await signedInPage(browser, web.url, cookieOf(await logIn(web, NURSE.id, NURSE.pin)))
    /* Requests under way while a service worker takes the page over are lost to page.route. */
    await page.addInitScript('delete Navigator.prototype.serviceWorker')
    page.on('request', (request) => { if (request.method() === 'POST' && request.url().endsWith('/api/v1/tus')) announced.push(request.url()) })
    await dropped()
  })
  afterAll(async () => {
    await browser?.close()
    await web?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const openFor = (patient: string, eye: 'L' | 'R') => page.goto(`${web.url}/capture?patient=${patient}&eye=${eye}`, { waitUntil: 'load' })
  const choose = () => page.locator('#f-files').setInputFiles(file)
  const arrived = () => vi.waitFor(() => expect(arrivals).toHaveLength(1), 15_000)
  /** The first part of Anna's left eye arrives, the second does not. */
  const dropped = async (): Promise<void> => {
    let parts = 0
    let isLost = false
    const drop = (route: Route) => { if (route.request().method() !== 'PATCH' || (parts += 1) === 1) return route.continue(); isLost = true; return route.abort() }
    await openFor(anna, 'L')
    await page.route(UPLOAD, drop)
    await choose()
    await vi.waitFor(() => expect(isLost).toBe(true), 15_000)
  }

  it('goes on where it was after the page was loaded again', async () => {
    await openFor(anna, 'L')
    await page.unroute(UPLOAD)
    const begun = page.waitForRequest((request) => request.method() === 'PATCH')
    await choose()
    expect(await (await begun).headerValue('upload-offset')).toBe(String(2 * 1024 * 1024))
    await arrived()
    expect(arrivals).toMatchObject([{ patientId: anna, laterality: 'L', originalName: 'IMG_0001.png' }])
    expect(announced).toHaveLength(1)
  }, 60_000)

  it('is not gone on with for another person: the same file is hers who is chosen now', async () => {
    await openFor(berta, 'L')
    await page.unroute(UPLOAD)
    await choose()
    await arrived()
    expect(arrivals).toMatchObject([{ patientId: berta, laterality: 'L' }])
  }, 60_000)

  it('is not gone on with for the other eye', async () => {
    await openFor(anna, 'R')
    await page.unroute(UPLOAD)
    await choose()
    await arrived()
    expect(arrivals).toMatchObject([{ patientId: anna, laterality: 'R' }])
  }, 60_000)

  it('is not gone on with as what it was not: a photograph of a film', async () => {
    await openFor(anna, 'L')
    await page.unroute(UPLOAD)
    await page.locator('[name=film]').check()
    await choose()
    await arrived()
    expect(arrivals).toMatchObject([{ patientId: anna, laterality: 'L', source: { kind: 'film-photo' } }])
  }, 60_000)

  it('is known to nobody after signing out: neither the file\'s name nor whose it is, nor what an earlier release or a form had kept', async () => {
    const kept = () => page.evaluate('JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage })') as Promise<string>
    await page.unroute(UPLOAD)
    await page.evaluate('localStorage.setItem("tus::tus-br-IMG_0001.png", "kept by an earlier release")')
    await page.goto(`${web.url}/patients/new`, { waitUntil: 'load' })
    await page.locator('[name=name]').first().fill('Cora Three')
    expect(await page.evaluate('JSON.stringify({ ...localStorage })')).toBe('{}')
    expect(await kept()).toContain(anna)
    expect(await kept()).toContain('Cora Three')
    await page.goto(web.url, { waitUntil: 'load' })
    await page.locator('details.who summary').click()
    await page.locator('form[action="/logout"] button').first().click()
    await page.waitForURL('**/login')
    expect(await kept()).toBe('{}{}')
  }, 60_000)
})
