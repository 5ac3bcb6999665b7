import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openOffers } from '../../src/compose/offers.js'
import { bundleOfFolder } from '../../src/provisioning/make-bundle.js'
import { signBundle } from '../../src/provisioning/signed-bundle.js'
import { describeWith, peerPath } from '../flows/peers.js'
import { chestPack, writePack } from '../inference/pack-folder.js'
import { cookieOf, logIn, NURSE, setUp, startTestWeb } from './harness.js'
import type { TestWeb } from './harness.js'

const centre = generateKeyPairSync('ed25519')
let folder: string
let web: TestWeb

async function lay(key = centre): Promise<void> {
  const packs = join(folder, 'updates/screenpost-packs')
  await writePack(join(packs, 'packs'), { ...chestPack, version: '1.1.0' })
  await writeFile(join(packs, 'bundle.json'), signBundle({ kind: 'packs', from: 'District <hospital>', createdAt: '2026-11-01T08:00:00Z', serial: 3, files: await bundleOfFolder(packs) }, key.privateKey))
}
const page = async (cookie: string): Promise<string> => (await fetch(`${web.url}/system`, { headers: { cookie } })).text()
/** The form's button, as the browser presses it. */
async function decide(cookie: string, decision: string, shown?: string): Promise<{ status: number; text: string }> {
  const html = shown ?? await page(cookie)
  const hidden = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(/action="\/system\/offer".*?<\/form>/s.exec(html)?.[0] ?? '')?.[1] ?? ''
  const answer = await fetch(`${web.url}/system/offer`, { method: 'POST', redirect: 'manual', headers: { cookie, origin: web.url }, body: new URLSearchParams({ _csrf: hidden('_csrf'), sha256: hidden('sha256'), decision }) })
  return { status: answer.status, text: await answer.text() }
}

describeWith(['chromium'], 'the page System with packs of the centre', () => {
  let admin: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-offer-page-'))
    await mkdir(join(folder, 'centre'))
    await writeFile(join(folder, 'centre/centre.pem'), centre.publicKey.export({ type: 'spki', format: 'pem' }))
    web = await startTestWeb({ deps: { offers: openOffers({ dataFolder: folder }) } })
    admin = await setUp(web)
  })
  afterEach(async () => {
    await web[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('says nothing while there is nothing, then who signed what, and takes the administrator\'s word alone', async () => {
    expect(await page(admin)).not.toContain('id="offer"')
    await lay()
    const shown = await page(admin)
    for (const said of ['District &lt;hospital&gt;', 'tb-chest', 'new: 1.1.0 · in service now: none', 'Take it into service', 'Refuse it']) expect(shown).toContain(said)
    const nurse = cookieOf(await logIn(web, NURSE.id, NURSE.pin))
    expect(await page(nurse)).toContain('Ask an administrator')
    expect((await decide(nurse, 'accepted', shown)).status).toBe(403)
    if (process.env['SCREENPOST_SHOTS']) await photograph(admin)
    expect((await decide(admin, 'accepted')).status).toBe(303)
    expect(await page(admin)).toContain('Accepted. It is taken within some minutes')
  })

  it('says that the signature is not the centre\'s, and gives no button to take it', async () => {
    await lay(generateKeyPairSync('ed25519'))
    const shown = await page(admin)
    expect(shown).toContain('belongs to another programme')
    expect([shown.includes('District'), shown.includes('value="accepted"')]).toEqual([false, false])
    expect(await decide(admin, 'accepted')).toMatchObject({ status: 422, text: expect.stringContaining('belongs to another programme') as string })
  })
})

async function photograph(cookie: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: peerPath('chromium')!, args: ['--no-sandbox'] })
  const tablet = await browser.newPage({ viewport: { width: 600, height: 1024 } })
  const [name = '', value = ''] = cookie.split('=')
  await tablet.context().addCookies([{ name, value, url: web.url }])
  await tablet.goto(`${web.url}/system`)
  await tablet.locator('#offer').screenshot({ path: `${process.env['SCREENPOST_SHOTS']}/offer.png` })
  await browser.close()
}
