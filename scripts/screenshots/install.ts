import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { renderPhantom } from '../../src/phantoms/phantom.js'
import { savePicture } from './save.js'

/*
 * `node dist/scripts/screenshots/install.js docs/images`: the pictures of docs/install.md, of a box from its label to its first verdict, with a phantom. The built
 * service runs as on a box (label's code, page This box) on this machine. Needs a build and Chromium.
 */
const ENTRY = resolve(import.meta.dirname, '../../appliance/main.js')
const CODE = '73920418'

async function startBox(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const at = (name: string): string => join(folder, name)
  await mkdir(at('credentials'))
  await writeFile(at('credentials/setup-code'), `${CODE}\n`)
  const devices = [{ id: 'dicom', kind: 'dicom', options: { host: '127.0.0.1', port: 11112, aeTitle: 'SCREENPOST' } }, { id: 'inbox', kind: 'watched-folder', options: { folder: at('inbox') } }]
  await writeFile(at('site.json'), JSON.stringify({ name: 'Kondele clinic', devices }))
  const env = { ...process.env, SCREENPOST_BOX: '1', CREDENTIALS_DIRECTORY: at('credentials'), SCREENPOST_HTTP_PORT: '0', SCREENPOST_HTTPS_PORT: '0' }
  const child = spawn(process.execPath, [ENTRY, 'serve', '--data', at('data'), '--config', at('site.json')], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const url = await new Promise<string>((found, failed) => {
    let output = ''
    child.stdout.on('data', (part: Buffer) => { output += part.toString(); const ready = /^ready http=(\S+)/m.exec(output)?.[1]; if (ready) found(ready) })
    void exited.then(() => failed(new Error(`the service ended before it was ready:\n${output}`)))
  })
  return { url: url.replace(/\/\/[^:/]+/, '//127.0.0.1'), stop: async () => { child.kill('SIGTERM'); await exited } }
}

/** What flash-disk.sh prints, stuck on a box. */
const LABEL = `<body style="margin:0;background:#d7dcdc;display:grid;place-items:center;height:300px"><div style="background:#fff;border-radius:12px;padding:22px 34px;font:20px/1.5 monospace;box-shadow:0 2px 8px #0005">
<b style="font-size:26px">SCREENPOST</b><br>page &nbsp; https://screenpost.home.arpa<br>code &nbsp; <b style="font-size:34px">${CODE.slice(0, 4)} ${CODE.slice(4)}</b></div></body>`

type Shoot = (page: Page, name: string, target?: string) => Promise<void>

async function firstStart(page: Page, url: string, shoot: Shoot): Promise<void> {
  await page.setContent(LABEL)
  await shoot(page, 'label', 'body')
  await page.goto(`${url}/trust`)
  await shoot(page, 'trust', '#secure')
  await page.goto(`${url}/setup`)
  const fields = { firstLoginPin: CODE, 'admin-name': 'Amina', 'admin-id': 'amina', 'admin-pin': '48207193', 'nurse-name': 'Grace', 'nurse-id': 'grace', 'nurse-pin': '61958204' }
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name="${name}"]`, value)
  await shoot(page, 'setup', 'main')
  await page.click('form[action="/setup"] button')
  await page.waitForURL((address) => address.pathname !== '/setup')
}

async function settings(page: Page, url: string, shoot: Shoot): Promise<void> {
  await page.goto(`${url}/box`)
  await shoot(page, 'box')
  await page.click('form[action="/devices/dicom/probe"] button')
  await page.waitForSelector('#probes *')
  await page.locator('#probes').scrollIntoViewIfNeeded()
  await shoot(page, 'devices')
  await page.goto(`${url}/system`)
  await shoot(page, 'system')
}

async function firstVerdict(page: Page, url: string, { shoot, inbox }: { shoot: Shoot; inbox: string }): Promise<void> {
  await page.goto(`${url}/login`)
  await page.fill('[name=user]', 'grace')
  await page.fill('[name=pin]', '61958204')
  await shoot(page, 'sign-in')
  await Promise.all([page.waitForURL(`${url}/`), page.click('form[action="/login"] button')])
  await shoot(page, 'empty-list')
  const { data, width, height, channels } = renderPhantom('chest', { seed: 5, width: 1024, height: 1024 })
  const picture = await sharp(data, { raw: { width, height, channels } }).png().toBuffer()
  await writeFile(join(inbox, '..', 'film.png'), picture)
  await cp(join(inbox, '..', 'film.png'), join(inbox, 'film.png'))
  await page.waitForSelector('li.row a', { timeout: 120_000 })
  await page.locator('li.row', { hasText: /tuberculosis|routine|urgent/i }).waitFor({ timeout: 120_000 })
  await shoot(page, 'list')
  await page.click('li.row a')
  await page.locator('main img').first().waitFor()
  await page.waitForTimeout(2000)
  await shoot(page, 'verdict')
}

const target = process.argv[2] ?? 'docs/images'
const folder = await mkdtemp(join(tmpdir(), 'screenpost-install-'))
const shoot: Shoot = async (page, name, part) => {
  await page.waitForTimeout(300)
  const bytes = part === undefined ? await page.screenshot() : await page.locator(part).screenshot()
  await savePicture(bytes, join(target, `install-${name}.png`))
}
await mkdir(join(folder, 'inbox'))
const box = await startBox(folder)
try {
  const browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  const context = await browser.newContext({ locale: 'en', viewport: { width: 600, height: 800 }, serviceWorkers: 'block' })
  const page = await context.newPage()
  await firstStart(page, box.url, shoot)
  await settings(page, box.url, shoot)
  await context.clearCookies()
  await firstVerdict(page, box.url, { shoot, inbox: join(folder, 'inbox') })
  await browser.close()
} finally {
  await box.stop()
  await rm(folder, { recursive: true, force: true })
}
