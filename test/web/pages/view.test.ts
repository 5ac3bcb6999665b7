import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { deviceDoor } from '../../../src/compose/device-views.js'
import { deviceKinds } from '../../../src/devices/registry.js'
import type { DeviceSupervisor } from '../../../src/devices/supervise.js'
import { superviseDevices } from '../../../src/devices/supervise.js'
import { ok } from '../../../src/domain/result.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { describeWith } from '../../flows/peers.js'
import { launch, signedInPage, violations } from '../a11y/browser.js'
import type { TestWeb } from '../harness.js'
import { NURSE, cookieOf, logIn, setUp, startTestWeb } from '../harness.js'

/** ffmpeg's colour bars stand for a machine whose screen shows a name: the second bar from the left. */
describeWith(['ffmpeg', 'chromium'], 'what is kept of a machine\'s picture', () => {
  let folder: string
  let devices: DeviceSupervisor
  let web: TestWeb
  let browser: Browser
  let page: Page
  let visit: string
  const captured: Buffer[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-view-'))
    await mkdir(join(folder, 'spool'))
    const video = deviceKinds.find(({ kind }) => kind === 'video')!
    const options = video.parseOptions({ input: 'pattern:smptebars', width: 640, height: 480, previewWidth: 320 })
    if (!options.ok) throw new Error('options')
    devices = superviseDevices({
      devices: [{ id: 'screen', kind: 'video', options: options.value }], kinds: deviceKinds, spoolFolder: join(folder, 'spool'), devicesFolder: join(folder, 'devices'), clock: systemClock, log: silentLog,
      deliver: async ({ spoolPath }) => { captured.push(await readFile(spoolPath)); return ok({ outcome: 'stored', studyId: '20260301-00000000' }) }
    })
    await devices.triedAll
    web = await startTestWeb({ deps: { devices: deviceDoor(devices) } })
    await setUp(web)
    const patient = await web.deps.patients.register({ name: 'Amina Juma' }, 'nurse')
    if (!patient.ok) throw new Error('patient')
    visit = (await web.deps.visits.start({ patientId: patient.value.id }, 'nurse')).id
    await web.deps.visits.hold(visit, { station: 'screen' }, 'nurse')
    browser = await launch()
    page = await signedInPage(browser, web.url, cookieOf(await logIn(web, NURSE.id, NURSE.pin)))
  }, 90_000)
  afterAll(async () => {
    await browser?.close()
    await web?.[Symbol.asyncDispose]()
    await devices?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  const view = async (): Promise<void> => { await page.goto(`${web.url}/devices/screen/view`); await page.locator('svg.drawing').waitFor({ state: 'attached' }) }
  /** From one corner to the other, in shares of the picture. */
  const drag = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> => {
    const box = (await page.locator('#still').boundingBox())!
    const scale = Math.min(box.width / 640, box.height / 480)
    const at = ([x, y]: readonly [number, number]) => [box.x + (box.width - 640 * scale) / 2 + x * 640 * scale, box.y + (box.height - 480 * scale) / 2 + y * 480 * scale] as const
    await page.mouse.move(...at(from))
    await page.mouse.down()
    await page.mouse.move(...at([(from[0] + to[0]) / 2, to[1]]))
    await page.mouse.move(...at(to))
    await page.mouse.up()
  }
  const capture = async () => {
    const before = captured.length
    await devices.command('screen', { name: 'capture', values: {}, by: 'nurse' })
    await vi.waitFor(() => expect(captured.length).toBe(before + 1), 5000)
    const { data, info } = await sharp(captured.at(-1)!).removeAlpha().greyscale().raw().toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, at: (x: number, y: number): number => data[Math.floor(y * info.height) * info.width + Math.floor(x * info.width)]! }
  }

  it('is warned about in the visit while nobody has chosen, with the way to choose', async () => {
    await page.goto(`${web.url}/visits/${visit}`)
    expect(await page.locator('.station .banner.bad').innerText()).toContain('names on the machine')
    expect((await capture()).at(0.2, 0.3)).toBeGreaterThan(60)
    await page.locator('.station a[href="/devices/screen/view"]').click()
    expect(await page.locator('h1').innerText()).toContain('What is kept')
    expect(await violations(page)).toEqual([])
  }, 40_000)

  it('is blackened by a box drawn with a finger, in every picture from then on, and the warning is gone', async () => {
    await view()
    await drag([0.15, 0.1], [0.28, 0.6])
    await page.locator('#box button').click()
    await page.locator('.curtain rect').waitFor({ state: 'attached' })
    const picture = await capture()
    expect([picture.width, picture.height]).toEqual([640, 480])
    expect([picture.at(0.2, 0.3), picture.at(0.17, 0.15)]).toEqual([0, 0])
    expect(picture.at(0.35, 0.3)).toBeGreaterThan(60)
    await page.goto(`${web.url}/visits/${visit}`)
    expect(await page.locator('.station .banner.bad').count()).toBe(0)
    expect(await page.locator('.station .curtain rect').count()).toBe(1)
  }, 40_000)

  it('is cut to a box, and the black box stays', async () => {
    await view()
    await page.locator('input[value=keep]').check()
    await drag([0, 0], [0.5, 0.5])
    await page.locator('#box button').click()
    await page.locator('.curtain').waitFor({ state: 'attached' })
    const picture = await capture()
    expect(Math.abs(picture.width - 320) + Math.abs(picture.height - 240)).toBeLessThan(16)
    expect(picture.at(0.4, 0.6)).toBe(0)
    expect(picture.at(0.8, 0.6)).toBeGreaterThan(60)
  }, 40_000)

  it('is given in numbers without a finger or a script, and a form without a box changes nothing', async () => {
    await view()
    await page.locator('#box button').click()
    expect(await page.locator('[role=alert].error').innerText()).toContain('Draw the box')
    const before = devices.session('screen')
    expect(before).toMatchObject({ view: { mask: [expect.anything()] } })
    await page.locator('details.minor summary').click()
    for (const [name, value] of Object.entries({ left: '40', top: '10', width: '5', height: '5' })) await page.fill(`#f-${name}`, value)
    await page.locator('#box button').click()
    await vi.waitFor(() => expect(devices.session('screen')).toMatchObject({ view: { mask: [expect.anything(), [0.4, 0.1, 0.05, 0.05]] } }), 5000)
    await page.getByText('Remove black box 1').click()
    await vi.waitFor(() => expect(devices.session('screen')).toMatchObject({ view: { mask: [[0.4, 0.1, 0.05, 0.05]] } }), 5000)
  }, 40_000)

  it('is all of it when somebody says that nothing is written there', async () => {
    await view()
    await page.getByText('Nothing is written in it').click()
    await page.getByText('The whole picture is kept').waitFor()
    expect((await capture()).width).toBe(640)
  }, 40_000)

  it('is said of nothing that gives no picture', async () => {
    expect((await page.goto(`${web.url}/devices/other/view`))!.status()).toBe(404)
  })
})
