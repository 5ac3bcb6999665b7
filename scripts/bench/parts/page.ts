import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { Access } from '../../../src/access/access.js'
import { systemClock } from '../../../src/platform/clock.js'
import type { Appliance } from '../appliance.js'
import { startAppliance, whileRunning } from '../appliance.js'
import { growArchive } from '../archive.js'
import type { Figure } from '../figures.js'
import { spread } from '../figures.js'
import { writeFilms } from '../films.js'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const TABLET = { width: 600, height: 1024 }
const STUDIES = 10_000
const TIMES = 15
const SCREENS = 60
const LOGIN = { id: 'bench', name: 'Bench', role: 'clinician', pin: '482913' } as const

/** What a nurse waits for at the page of an archive of 10,000 studies: the list, the way down it, and the first sight of a film of 10 MB. Needs Chromium. */
export async function benchPage(scratch: string, studies = STUDIES): Promise<Figure[]> {
  if (!existsSync(CHROMIUM)) throw new Error(`There is no Chromium at ${CHROMIUM}. Install it (apt-get install chromium) or set CHROMIUM_PATH.`)
  const data = await mkdtemp(join(scratch, 'page-'))
  try {
    await growArchive(data, 0, studies)
    const access = await Access.open({ folder: join(data, 'access'), clock: systemClock })
    await access.users.add(LOGIN, 'bench')
    const { token } = await access.createToken({ role: 'operator', label: 'bench', by: 'bench' })
    const appliance = await startAppliance(data)
    return await whileRunning(appliance, () => atThePage(appliance, token, studies))
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

async function atThePage(appliance: Appliance, token: string, studies: number): Promise<Figure[]> {
  const film = await sendFilm(appliance, token)
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'] })
  try {
    const page = await (await browser.newContext({ viewport: TABLET, serviceWorkers: 'block' })).newPage()
    await page.goto(`${appliance.url}/login`)
    await page.fill('[name=user]', LOGIN.id)
    await page.fill('[name=pin]', LOGIN.pin)
    await Promise.all([page.waitForURL(`${appliance.url}/`), page.click('form[action="/login"] button')])
    return [...await firstSights(page, `${appliance.url}/studies/${film}`), ...await downTheList(page, appliance.url, studies)]
  } finally {
    await browser.close()
  }
}

/** The id of a film of 10 MB, once it is read. */
async function sendFilm({ url, data }: Appliance, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  const folder = join(data, 'films')
  await mkdir(folder, { recursive: true })
  const [path = ''] = await writeFilms(folder, 1)
  const form = new FormData()
  form.append('file', new Blob([await readFile(path)]), 'film.dcm')
  const { files } = (await (await fetch(`${url}/api/v1/uploads`, { method: 'POST', body: form, headers })).json()) as { files: readonly { studyId: string }[] }
  const id = files[0]?.studyId ?? ''
  for (let tries = 0; tries < 240; tries += 1) {
    const { state } = (await (await fetch(`${url}/api/v1/studies/${id}`, { headers })).json()) as { state: string }
    if (state === 'ready' || state === 'needs-input') return id
    await new Promise((later) => setTimeout(later, 250))
  }
  throw new Error('The film was not read within a minute.')
}

/** Milliseconds from the beginning of the navigation to the frame in which Chromium painted the picture. */
const PAINTED = `new Promise((done) => new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (entry.element?.matches('.sheet img')) done(entry.renderTime || entry.startTime) }).observe({ type: 'largest-contentful-paint', buffered: true }))`

/** First with nothing of the page kept by the browser, then as all day: styles and scripts known, the picture new or seen before. */
async function firstSights(page: Page, address: string): Promise<Figure[]> {
  const session = await page.context().newCDPSession(page)
  const [nothing, known]: [number[], number[]] = [[], []]
  for (let turn = 0; turn < TIMES; turn += 1) {
    for (const [isKnown, times] of [[false, nothing], [true, known]] as const) {
      if (!isKnown) await session.send('Network.clearBrowserCache')
      await page.goto(address, { waitUntil: 'commit' })
      times.push(Number(await page.evaluate(PAINTED)))
    }
  }
  return [...spread('page', 'first sight of a film of 10 MB, nothing kept by the browser', nothing), ...spread('page', 'first sight of a film of 10 MB, seen before', known)]
}

async function downTheList(page: Page, url: string, studies: number): Promise<Figure[]> {
  const opened: number[] = []
  for (let turn = 0; turn < TIMES; turn += 1) {
    await page.goto(url, { waitUntil: 'domcontentloaded' })
    opened.push(Number(await page.evaluate('performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd')))
  }
  await page.evaluate(`window.shift = 0; window.late = []; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value }).observe({ type: 'layout-shift' });
(() => { let last = performance.now(); const tick = (now) => { window.late.push(now - last); last = now; requestAnimationFrame(tick) }; requestAnimationFrame(tick) })()`)
  for (let screen = 0; screen < SCREENS; screen += 1) {
    await page.mouse.wheel(0, TABLET.height)
    await page.waitForTimeout(120)
  }
  const [shift, late, rows] = (await page.evaluate(`[window.shift, window.late, document.querySelectorAll('.row').length]`)) as [number, number[], number]
  const of = `list of ${studies} studies`
  return [
    ...spread('page', `${of}: ready for a finger`, opened), { part: 'page', name: `${of}: rows after ${SCREENS} screens of scrolling`, value: rows, unit: 'rows' },
    { part: 'page', name: `${of}: layout shift on the way`, value: shift, unit: '' }, ...spread('page', `${of}: time between two frames on the way`, late)
  ]
}
