import { copyFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chestDicom, fundusJpeg } from './pictures.js'
import { removeData, run, startAppliance, temporaryData } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { describeWith, peerPath } from './peers.js'

describeWith(['storescu', 'chromium'], 'an image shows its verdict on the tablet by itself', () => {
  let appliance: RunningAppliance
  let browser: Browser
  let page: Page
  const loads: string[] = []

  beforeAll(async () => {
    appliance = await startAppliance()
    browser = await chromium.launch({
      executablePath: peerPath('chromium')!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    })
    page = await browser.newPage({
      viewport: { width: 600, height: 1024 }, extraHTTPHeaders: { authorization: `Bearer ${await appliance.token('operator')}` }
    })
    page.on('framenavigated', (frame) => loads.push(frame.url()))
    await page.goto(`${appliance.url}/`)
    loads.length = 0
  })
  afterAll(async () => {
    await browser?.close()
    await appliance?.stop()
    if (appliance) await removeData(appliance)
  })

  it('sent as DICOM by storescu', async () => {
    const file = join(await temporaryData(), 'chest.dcm')
    await writeFile(file, await chestDicom())
    const { host, port, aeTitle } = appliance.dicom
    await run(peerPath('storescu')!, ['-aec', aeTitle, host, String(port), file])
    await page.waitForSelector('li.row:has-text("tuberculosis")', { timeout: 20_000 })
    expect(loads).toEqual([])
  })

  it('dropped into the watched folder', async () => {
    const outside = join(await temporaryData(), 'eye.jpg')
    await writeFile(outside, await fundusJpeg())
    await copyFile(outside, join(appliance.data, 'inbox', '.eye.part'))
    await rename(join(appliance.data, 'inbox', '.eye.part'), join(appliance.data, 'inbox', 'eye.jpg'))
    await page.waitForSelector('li.row:has-text("Nothing to refer")', { timeout: 20_000 })
    expect(loads).toEqual([])
  })

  it('and says that it is no certified device', async () => {
    await page.click('li.row:has-text("Nothing to refer") a')
    await page.waitForURL(/\/studies\//)
    expect(await page.textContent('body')).toContain('not a certified device')
    expect(await page.textContent('body')).toMatch(/threshold/i)
  })
})
