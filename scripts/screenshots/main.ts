import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { measure } from './measure.js'
import { fillWithPhantoms } from './phantom-clinic.js'
import type { Screens } from './phantom-clinic.js'
import { savePicture } from './save.js'
import { startForScreens } from './service.js'

/*
 * `npm run screenshots [FOLDER]`: every screen of the running appliance, filled with phantoms and made-up people,
 * at three sizes, in English and Arabic, after four figures of what a nurse waits for (`measure.ts`). Needs a build and Chromium (CHROMIUM_PATH, default /usr/bin/chromium).
 */
const SIZES = [{ name: 'tablet', width: 600, height: 1024 }, { name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 800 }] as const
const LOCALES = ['en', 'ar'] as const

async function signIn(page: Page, url: string, { user, pin }: Screens): Promise<void> {
  await page.goto(`${url}/login`)
  await page.fill('[name=user]', user)
  await page.fill('[name=pin]', pin)
  await Promise.all([page.waitForURL(`${url}/`), page.click('form[action="/login"] button')])
}

async function photograph(browser: Browser, url: string, { screens, folder }: { screens: Screens; folder: string }): Promise<number> {
  let taken = 0
  for (const locale of LOCALES) {
    const context = await browser.newContext({ locale, deviceScaleFactor: 1, serviceWorkers: 'block' })
    const page = await context.newPage()
    const shoot = async (name: string, path: string): Promise<void> => {
      await page.goto(url + path, { waitUntil: 'load' })
      for (const { name: size, ...viewport } of SIZES) {
        await page.setViewportSize(viewport)
        await page.waitForTimeout(150)
        await savePicture(await page.screenshot(), join(folder, `${name}-${size}-${locale}.png`))
        taken += 1
      }
    }
    for (const [name, path] of Object.entries(screens.public)) await shoot(name, path)
    await signIn(page, url, screens)
    for (const [name, path] of Object.entries(screens.pages)) await shoot(name, path)
    await context.close()
  }
  return taken
}

const USAGE = 'Usage: npm run screenshots [-- FOLDER]\n\nEvery screen of the built appliance (npm run build), filled with phantoms, into FOLDER (default: screenshots). Needs Chromium (CHROMIUM_PATH).\n'

/** The folder asked for; says how it is used, and ends, where that was asked or something else was written. */
function folderAsked(): string {
  try {
    const { values, positionals } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } }, allowPositionals: true })
    if (!values.help && positionals.length <= 1) return positionals[0] ?? 'screenshots'
    process.stdout.write(USAGE)
    process.exit(values.help ? 0 : 2)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const folder = folderAsked()
await mkdir(folder, { recursive: true })
const data = await mkdtemp(join(tmpdir(), 'screenpost-screens-'))
const screens = await fillWithPhantoms.people(data)
const service = await startForScreens(data)
try {
  const filled = await fillWithPhantoms.images(service.url, screens)
  const browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'] })
  console.log(JSON.stringify(await measure(browser, service.url, { screens: filled, signIn })))
  console.log(`${await photograph(browser, service.url, { screens: filled, folder })} pictures in ${folder}`)
  await browser.close()
} finally {
  await service.stop()
  await rm(data, { recursive: true, force: true })
}
