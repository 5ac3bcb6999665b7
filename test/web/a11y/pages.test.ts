import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../src/access/roles.js'
import type { Clinic } from '../pages/clinic.js'
import { openClinic } from '../pages/clinic.js'
import { SIZES, chromiumAbsent, launch, signedInPage, speak, violations } from './browser.js'

describe.skipIf(chromiumAbsent)('axe finds nothing against WCAG 2.2 AA (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  const ids: Record<string, string> = {}
  const foreign: string[] = []
  const pages = new Map<Role | 'nobody', Page>()

  beforeAll(async () => {
    clinic = await openClinic()
    browser = await launch()
    const registered = await clinic.patients.register({ name: 'Grace Wanjiru Test', village: 'Kondele' }, 'operator')
    const patientId = registered.ok ? registered.value.id : ''
    for (const [index, name] of ['ready', 'question', 'failed', 'pending', 'ungradable'].entries()) ids[name] = await clinic.receive(500 + index)
    await clinic.giveVerdict(ids['ready']!, { patientId })
    await clinic.giveVerdict(ids['question']!, { state: 'needs-input', questions: [{ code: 'which-pack', text: 'What is it?' }] })
    await clinic.giveVerdict(ids['ungradable']!, { patientId, triage: { level: 'none', text: 'Take it again.' } })
    await clinic.store.change(ids['failed']!, { by: 'system', event: 'read' }, (study) => ({ ...study, state: 'failed', failure: { code: 'truncated', message: 'The file ends too early.' } }))
    ids['patient'] = patientId
    ids['visit'] = (await clinic.visits.start({ patientId }, 'operator')).id
    await clinic.visits.hold(ids['visit'], { station: 'inbox', takeOver: false }, 'operator')
    for (const role of ['nobody', 'operator', 'clinician', 'admin'] as const) {
      const page = await signedInPage(browser, clinic.url, role === 'nobody' ? '' : await clinic.cookie(role))
      page.on('request', (request) => { if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).host !== new URL(clinic.url).host) foreign.push(request.url()) })
      pages.set(role, page)
    }
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  const screens: readonly [Role | 'nobody', string][] = [
    ['nobody', '/login'], ['nobody', '/trust'], ['clinician', '/'], ['clinician', '/?filter=urgent'], ['clinician', '/studies/:ready'], ['operator', '/studies/:question'],
    ['operator', '/studies/:failed'], ['operator', '/studies/:pending'], ['clinician', '/studies/:ungradable'], ['operator', '/patients'], ['operator', '/patients/new'],
    ['operator', '/patients/:patient'], ['clinician', '/patients/:patient'], ['operator', '/patients/:patient/edit'], ['clinician', '/patients/:patient/merge'], ['operator', '/capture'],
    ['clinician', '/work'], ['operator', '/register'], ['operator', '/tour'], ['operator', '/practice/2'], ['operator', '/practice/2?answer=soon'], ['operator', '/visits'], ['operator', '/visits/:visit'], ['operator', '/whose'], ['operator', '/uplink'], ['nobody', '/setup'], ['nobody', '/offline'], ['operator', '/quarantine'], ['admin', '/system'], ['admin', '/users'], ['operator', '/nothing-here']
  ]
  for (const [size, locale] of SIZES.flatMap((each) => [[each, 'en'], [each, 'ar']] as const)) {
    it(`on any page at ${size.width}x${size.height} in ${locale}`, async () => {
      const found: string[] = []
      for (const [role, path] of screens) {
        const page = pages.get(role)!
        await page.setViewportSize(size)
        await speak(page, clinic.url, locale)
        const answer = await page.goto(clinic.url + path.replace(/:(\w+)/, (_, name: string) => ids[name] ?? name))
        expect([path, answer?.status()]).toEqual([path, path === '/nothing-here' ? 404 : 200])
        await page.locator(path === '/patients' ? 'details' : 'details:not(.who)').evaluateAll((all) => { for (const each of all as unknown as { open: boolean }[]) each.open = true })
        // The menu lies over the page: it is open on one only.
        found.push(...(await violations(page)).map((line) => `${path} ${line}`))
      }
      expect(found).toEqual([])
    }, 120_000)
  }

  it('and would see a picture without words', async () => {
    const page = pages.get('clinician')!
    await page.goto(`${clinic.url}/studies/${ids['ready']}`)
    await page.locator('.sheet img').first().evaluate((picture) => (picture as unknown as { removeAttribute(name: string): void }).removeAttribute('alt'))
    expect(await violations(page)).toEqual([expect.stringMatching(/^image-alt/)])
  })

  it('while no request of any page leaves the appliance', () => {
    expect(foreign).toEqual([])
  })
})
