import type { Browser, Page } from 'playwright-core'
import type { Screens } from './phantom-clinic.js'
import { fillWithPhantoms } from './phantom-clinic.js'

/** A seven-year-old tablet on a weak Wi-Fi, as Chromium plays it. */
const SLOW_CPU = 6
const SLOW_BYTES_PER_S = 1_600_000 / 8
const SLOW_LATENCY_MS = 40

export type Figures = {
  /** Milliseconds until the list answers to a finger with the slow processor and line; goal under 1500. */
  readonly listUsableMs: number
  /** Bytes of the page with every script, style and icon that it loads, heads of the answers included; goal under 60 000. */
  readonly listBytes: number
  /** Bytes of the small pictures of the images in the list, which come when they are in sight. */
  readonly listPictureBytes: number
  /** Milliseconds from the tap to the picture of a study, on loopback; goal under 300. */
  readonly firstSightMs: number
  /** Cumulative layout shift while a new image arrives in the list; goal 0. */
  readonly listShift: number
}

async function listOnSlowTablet(page: Page, url: string): Promise<Pick<Figures, 'listUsableMs' | 'listBytes' | 'listPictureBytes'>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW_CPU })
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: SLOW_LATENCY_MS, downloadThroughput: SLOW_BYTES_PER_S, uploadThroughput: SLOW_BYTES_PER_S })
  const addresses = new Map<string, string>()
  const loaded = new Map<string, number>()
  session.on('Network.requestWillBeSent', ({ requestId, request }) => addresses.set(requestId, request.url))
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => loaded.set(addresses.get(requestId) ?? '', encodedDataLength))
  await page.goto(url, { waitUntil: 'load' })
  await page.waitForTimeout(1500)
  const listUsableMs = await page.evaluate('performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd')
  const total = (isMeant: (address: string) => boolean): number => [...loaded].reduce((sum, [address, bytes]) => sum + (isMeant(address) ? bytes : 0), 0)
  const isPicture = (address: string): boolean => address.includes('/api/v1/studies/')
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  await session.send('Network.setCacheDisabled', { cacheDisabled: false })
  await session.detach()
  return { listUsableMs: Math.round(Number(listUsableMs)), listBytes: total((address) => !isPicture(address)), listPictureBytes: total(isPicture) }
}

async function firstSight(page: Page, address: string): Promise<number> {
  await page.goto(address, { waitUntil: 'load' })
  await page.goto(address, { waitUntil: 'commit' })
  const seen = await page.evaluate(`new Promise((done) => { const look = () => { const picture = document.querySelector('.sheet img'); picture?.complete && picture.naturalWidth ? done(performance.now()) : setTimeout(look, 5) }; look() })`)
  return Math.round(Number(seen))
}

async function shiftOfList(page: Page, url: string, screens: Screens): Promise<number> {
  await page.goto(url, { waitUntil: 'load' })
  await page.evaluate(`window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value }).observe({ type: 'layout-shift', buffered: false })`)
  await fillWithPhantoms.send(url, screens, { kind: 'fundus', seed: 77, width: 320, height: 320 })
  await page.waitForTimeout(6000)
  return Number(Number(await page.evaluate('window.shift')).toFixed(4))
}

/** What a nurse waits for, by a real browser. Figures of a machine that does other work are worth nothing. */
export async function measure(browser: Browser, url: string, { screens, signIn }: { screens: Screens; signIn: (page: Page, url: string, screens: Screens) => Promise<void> }): Promise<Figures> {
  const context = await browser.newContext({ viewport: { width: 600, height: 1024 }, serviceWorkers: 'block' })
  const page = await context.newPage()
  await signIn(page, url, screens)
  const figures = { ...(await listOnSlowTablet(page, url)), firstSightMs: await firstSight(page, url + (screens.pages['study-chest'] ?? '/')), listShift: await shiftOfList(page, url, screens) }
  await context.close()
  return figures
}
