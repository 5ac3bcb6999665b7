import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import type { PhantomKind } from '../../../src/phantoms/phantom.js'
import { renderPhantom } from '../../../src/phantoms/phantom.js'
import { publicScreens, renderScreen, screens } from '../views/every-page.js'

/*
 * Photographs every screen, filled with made-up studies and phantoms, at the three sizes that matter. From the repository:
 *   npx rolldown test/web/pages/preview.ts --platform node --format esm -d node_modules/.cache/preview --external sharp --external playwright-core
 *   PREVIEW_LANGUAGE=ar node node_modules/.cache/preview/preview.js FOLDER [PART-OF-A-NAME]
 */
const SIZES = [{ name: 'tablet', width: 600, height: 1024 }, { name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 800 }] as const
const CSP = "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'"
const TYPES: Readonly<Record<string, string>> = { '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json' }
const VENDOR: Readonly<Record<string, string>> = {
  'htmx.js': 'node_modules/htmx.org/dist/htmx.min.js', 'hx-sse.js': 'node_modules/htmx.org/dist/ext/hx-sse.min.js', 'tus.js': 'node_modules/tus-js-client/dist/tus.min.js'
}

async function picture(path: string): Promise<Buffer> {
  const last = Number(path.match(/AAAAAAA(\d)/)?.[1] ?? 1)
  const kind: PhantomKind = last === 4 ? 'chest' : last === 8 ? 'lung-ultrasound' : 'fundus'
  const size = kind === 'lung-ultrasound' ? { width: 640, height: 480 } : { width: 700, height: 700 }
  if (path.includes('heatmap')) return sharp(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="700" height="700"><circle cx="260" cy="300" r="90" fill="red" opacity=".7"/></svg>')).png().toBuffer()
  const pixels = renderPhantom(kind, { seed: last === 2 ? 0 : 3, ...size })
  return sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: pixels.channels } }).png().toBuffer()
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://preview')
  const screen = [...screens, ...publicScreens].find((each) => each.path === url.pathname + (url.search === '?empty' ? '?empty' : ''))
  if (url.searchParams.has('fragment')) {
    response.writeHead(204).end()
    return
  }
  if (url.pathname === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': hello\n\n')
    return
  }
  if (screen) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP })
    response.end(renderScreen(screen, publicScreens.includes(screen) ? undefined : screen.name === 'users' ? 'admin' : 'clinician'))
  } else if (url.pathname.startsWith('/static/')) {
    const name = url.pathname.slice('/static/'.length)
    const file = name.startsWith('vendor/') ? VENDOR[name.slice('vendor/'.length)] ?? 'absent' : join('web-static', name)
    response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' })
    response.end(await readFile(file))
  } else if (url.pathname.startsWith('/api/')) {
    response.writeHead(200, { 'content-type': 'image/png' })
    response.end(await picture(url.pathname))
  } else response.writeHead(404).end()
}

async function photograph(browser: Browser, url: string, to: { folder: string; only: string }): Promise<void> {
  for (const size of SIZES) {
    const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1, hasTouch: size.name !== 'desk' })
    for (const screen of [...screens, ...publicScreens].filter((each) => each.name.includes(to.only))) {
      const page = await context.newPage()
      page.on('console', (message) => { if (message.type() === 'error') console.error(screen.name, message.text()) })
      page.on('pageerror', (error) => console.error(screen.name, error.message))
      await page.goto(url + screen.path, { waitUntil: 'load' })
      await page.waitForTimeout(250)
      const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      if (Number(wide) > 0) console.error(`${screen.name} ${size.name}: ${String(wide)} pixels too wide`)
      await page.screenshot({ path: join(to.folder, `${screen.name}-${size.name}.png`), fullPage: true })
      await page.close()
    }
    await context.close()
  }
}

const [folder = '/tmp/screens', only = ''] = process.argv.slice(2)
await mkdir(folder, { recursive: true })
const server = createServer((request, response) => { answer(request, response).catch((error: unknown) => { console.error(request.url, error); response.writeHead(500).end() }) })
await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'] })
await photograph(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, { folder, only })
await browser.close()
server.closeAllConnections()
server.close()
