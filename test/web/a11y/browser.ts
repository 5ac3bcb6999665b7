import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

/** True where Chromium is not installed; CI must have it. */
export const chromiumAbsent = !existsSync(CHROMIUM) && process.env['CI'] !== 'true'

export const SIZES = [{ width: 600, height: 1024 }, { width: 390, height: 844 }, { width: 1280, height: 800 }] as const

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'] })

/** A new page of somebody signed in, by the session's cookie. */
export async function signedInPage(browser: Browser, url: string, cookie: string): Promise<Page> {
  const context = await browser.newContext({ viewport: SIZES[0], locale: 'en-GB' })
  const [name = '', value = ''] = cookie.split('=')
  if (value) await context.addCookies([{ name, value, url }])
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  return page
}

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Every violation of WCAG 2.2 A and AA that axe finds, one line each: rule, and where. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await axe)
  return page.evaluate(`axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(TAGS)} } }).then((found) =>
    found.violations.flatMap((each) => each.nodes.map((node) => each.id + ': ' + node.target.join(' ') + ' ' + node.html.slice(0, 120))))`)
}

/** The page speaks this language from its next load on. */
export const speak = (page: Page, url: string, locale: string): Promise<void> =>
  page.context().addCookies([{ name: 'screenpost_language', value: locale, url }])
