import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import type { APIRequestContext, Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peerPath } from '../flows/peers.js'
import { chestDicom } from '../flows/pictures.js'
import { Machine, makeDisk, makeStick } from './machine.js'

const run = promisify(execFile)
const image = process.env['SCREENPOST_IMAGE']
const update = process.env['SCREENPOST_BROKEN_UPDATE']
const goodUpdate = process.env['SCREENPOST_GOOD_UPDATE']
const HOUR_MS = 3_600_000
const LABEL = '73920418'
const SECRET = 'screenpost-image-test-secret'
const kept = process.env['SCREENPOST_IMAGE_VM'] || undefined

/** Emulated on a busy machine everything takes minutes: the promises here are about what happens, not how fast. */
async function until(what: string, isSo: () => Promise<boolean>, machine: Machine, limitMs = HOUR_MS): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await isSo().catch(() => false))) {
    if (!machine.isRunning) throw new Error(`the machine switched itself off before: ${what}`)
    if (Date.now() > end) throw new Error(`not within ${limitMs / 60_000} minutes: ${what}\n${(await machine.console()).slice(-2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 3000))
  }
}
const answers = async (machine: Machine): Promise<boolean> => (await fetch(`http://127.0.0.1:${machine.ports.http}/healthz`, { signal: AbortSignal.timeout(10_000) })).ok

describe.skipIf(!image)(`a box made from the image ${image ? '' : '(skipped: .ci/image makes one)'}`, () => {
  let folder: string
  let disk: string
  let machine: Machine
  let browser: Browser
  const picture = async (page: Page, name: string): Promise<void> => {
    const to = process.env['SCREENPOST_PICTURES']
    if (to) { await mkdir(to, { recursive: true }); await page.screenshot({ path: join(to, `${name}.png`) }) }
  }
  const open = async (): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 800, height: 1100 }, ignoreHTTPSErrors: true })
    page.setDefaultTimeout(HOUR_MS / 3)
    return page
  }
  const secure = (path: string): string => `https://127.0.0.1:${machine.ports.https}${path}`

  beforeAll(async () => {
    // A folder that stays (.ci/image --keep): its disk is used as an earlier run left it.
    folder = kept ?? await mkdtemp(join(tmpdir(), 'screenpost-vm-'))
    await mkdir(folder, { recursive: true })
    const known = await access(join(folder, 'disk.img')).then(() => true, () => false)
    disk = known ? join(folder, 'disk.img') : await makeDisk(folder, image!, {
      'label-code': `${LABEL}\n`, 'screenpost.conf': 'ENCRYPTION=none\nHEALTH_LIMIT_S=900\n', 'backup.env': `AWS_ACCESS_KEY_ID=box\nAWS_SECRET_ACCESS_KEY=${SECRET}\n`
    })
    browser = await chromium.launch({ executablePath: peerPath('chromium')!, args: ['--no-sandbox', '--disable-gpu'] })
    machine = await Machine.start(folder, disk)
  }, HOUR_MS)
  afterAll(async () => {
    await browser?.close()
    if (machine?.isRunning) await machine.pullPlug()
    if (folder && !kept) await rm(folder, { recursive: true, force: true })
  }, 2 * HOUR_MS)

  it('makes its data partition and answers at its first start', async () => {
    await until('the page answers', () => answers(machine), machine)
    expect(await machine.console()).not.toMatch(/Failed to start/)
    // The backup's secret is no longer where whoever takes the disk can read it.
    expect((await run('mdir', ['-b', '-i', `${disk}@@1M`, '::/'])).stdout).not.toContain('backup.env')
    const start = join(folder, 'start.img')
    await run('dd', [`if=${disk}`, `of=${start}`, 'bs=1M', 'count=65', 'status=none'])
    expect((await readFile(start)).includes(SECRET)).toBe(false)
  }, 2 * HOUR_MS)

  it('is set up with the code of its label only', async () => {
    const page = await open()
    await page.goto(secure('/setup'))
    await picture(page, 'setup')
    const fill = async (code: string): Promise<void> => {
      for (const [name, value] of [['firstLoginPin', code], ['admin-name', 'Amina'], ['admin-id', 'amina'], ['admin-pin', '48207193'], ['nurse-name', 'Grace'], ['nurse-id', 'grace'], ['nurse-pin', '61958204']] as const)
        await page.fill(`[name="${name}"]`, value)
      await page.click('form[action="/setup"] button')
    }
    await fill('00000000')
    await page.waitForSelector('p.error')
    await fill(LABEL)
    await page.waitForURL((url) => url.pathname === '/' || url.pathname === '/box')
    await picture(page, 'box')
    await page.context().storageState({ path: join(folder, 'session.json') })
    await page.close()
  }, 2 * HOUR_MS)

  it('takes what the technician chooses on its page: the service starts again with it', async () => {
    const context = await browser.newContext({ viewport: { width: 800, height: 1100 }, ignoreHTTPSErrors: true, storageState: join(folder, 'session.json') })
    const page = await context.newPage()
    page.setDefaultTimeout(HOUR_MS / 3)
    const status = async (): Promise<{ siteName?: string }> => (await context.request.get(secure('/api/v1/status'))).json() as Promise<{ siteName?: string }>
    await page.goto(secure('/box'))
    await page.fill('[name="clinic-name"]', 'Kondele clinic')
    await page.selectOption('[name="timezone"]', 'Africa/Nairobi')
    await page.click('form[action="/box/clinic"] button')
    await until('the clinic has its name', async () => (await status()).siteName === 'Kondele clinic', machine)
    await page.goto(secure('/'))
    await picture(page, 'empty-list')
    await context.close()
  }, 2 * HOUR_MS)

  it('gives an image sent by DICOM its verdict, through the real units', async () => {
    await until('the page answers', () => answers(machine), machine)
    const file = join(folder, 'chest.dcm')
    await writeFile(file, await chestDicom())
    await run(peerPath('storescu')!, ['-aec', 'SCREENPOST', '-to', '900', '-ta', '900', '-td', '900', '127.0.0.1', String(machine.ports.dicom), file])
    const context = await browser.newContext({ viewport: { width: 800, height: 1100 }, ignoreHTTPSErrors: true, storageState: join(folder, 'session.json') })
    const page = await context.newPage()
    page.setDefaultTimeout(HOUR_MS / 2)
    await page.goto(secure('/'))
    await page.waitForSelector('li.row:has-text("tuberculosis")')
    await picture(page, 'first-verdict-list')
    await page.click('li.row a')
    await page.waitForURL(/\/studies\//)
    // The page keeps a line open for what is new, so the network is never idle.
    // As a person does who sees no picture: the page is asked for again.
    const isSeen = () => page.locator('main img').evaluateAll((images) => images.length > 0 && (images as unknown as { naturalWidth: number }[]).every(({ naturalWidth }) => naturalWidth > 0))
    await until('its picture is there', async () => (await isSeen()) || (await page.reload(), isSeen()), machine)
    await picture(page, 'first-verdict')
    const now = await holdings(context.request)
    expect(now).toHaveLength(1)
    await writeFile(join(folder, 'holdings.json'), JSON.stringify(now))
    await context.close()
  }, HOUR_MS)

  /** The study that was sent is in the list with its verdict, and everything is as it was: studies, verdicts, each byte of each image. */
  const hasItsData = async (): Promise<void> => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, storageState: join(folder, 'session.json') })
    const page = await context.newPage()
    await page.goto(secure('/'), { timeout: HOUR_MS / 3 })
    await page.waitForSelector('li.row:has-text("tuberculosis")', { timeout: HOUR_MS / 3 })
    expect(await holdings(context.request)).toEqual(JSON.parse(await readFile(join(folder, 'holdings.json'), 'utf8')))
    await context.close()
  }
  const holdings = async (request: APIRequestContext): Promise<unknown> => {
    const ask = (path: string) => request.get(secure(`/api/v1/studies${path}`), { timeout: HOUR_MS / 3, failOnStatusCode: true })
    const { studies } = await (await ask('?limit=200')).json() as { studies: { id: string; state: string; triage: unknown }[] }
    return Promise.all(studies.map(async ({ id, state, triage }) => ({ id, state, triage, sha256: createHash('sha256').update(await (await ask(`/${id}/object`)).body()).digest('hex') })))
  }
  /** The boot loader's memory, read from the disk's start partition. */
  const loader = async (): Promise<string> => (await run('mtype', ['-i', `${disk}@@1M`, '::grub/grubenv'])).stdout
  const takeFromStick = async (bundle: string): Promise<void> => {
    await until('the page answers', () => answers(machine), machine)
    await machine.plugStick(await makeStick(folder, bundle))
    await until('the update is taken from the stick', async () => (await machine.console()).includes('update installed'), machine, HOUR_MS)
    await machine.pressPower()
    machine = await Machine.start(folder, disk)
  }

  it.skipIf(!goodUpdate)('takes a good update from a stick into the other slot, keeps it once it is healthy, and its data', async () => {
    await takeFromStick(goodUpdate!)
    await until('the new version starts', async () => (await machine.console()).includes('Booting `B'), machine)
    await until('the page answers', () => answers(machine), machine)
    await hasItsData()
    await until('it is found healthy', async () => (await loader()).includes('B_PROVEN=1'), machine)
    expect(await loader()).toContain('ORDER=B A')
  }, 4 * HOUR_MS)

  it.skipIf(!update)('goes back by itself from an update that breaks the service, with its data', async () => {
    const [before, broken] = (await loader()).includes('ORDER=B') ? ['B', 'A'] : ['A', 'B']
    await takeFromStick(update!)
    await until('the broken version starts', async () => (await machine.console()).includes(`Booting \`${broken}`), machine)
    await until('the version before it is started', async () => (await machine.console()).split(`Booting \`${broken}`).at(-1)!.includes(`Booting \`${before}`), machine, HOUR_MS)
    await until('the page answers', () => answers(machine), machine)
    await hasItsData()
  }, 2 * HOUR_MS)

  it('has lost nothing when the plug was pulled', async () => {
    await machine.pullPlug()
    machine = await Machine.start(folder, disk)
    await until('the page answers again', () => answers(machine), machine)
    await hasItsData()
  }, HOUR_MS)
})
