import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Patient } from '../../../src/domain/patient.js'
import { chromiumAbsent, launch, signedInPage } from '../a11y/browser.js'
import type { Clinic } from './clinic.js'
import { openClinic } from './clinic.js'

const DAYS_AGO = new Date(Date.now() - 400 * 86_400_000).toISOString().slice(0, 10)
const SAID: Pick<Patient, 'age' | 'pregnancy'> = { age: { years: 14, onDate: DAYS_AGO }, pregnancy: { answer: 'no', onDate: DAYS_AGO } }

describe.skipIf(chromiumAbsent)('a person who was registered 400 days ago (absent: apt-get install chromium)', () => {
  let clinic: Clinic
  let browser: Browser
  let page: Page
  let id: string
  beforeAll(async () => {
    clinic = await openClinic()
    browser = await launch()
    page = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
    const made = await clinic.patients.register({ name: 'Grace Test', sex: 'F' }, 'operator')
    id = made.ok ? made.value.id : ''
    await clinic.patients.change(id, { by: 'operator', event: 'changed' }, (patient) => ({ ...patient, ...SAID }))
  })
  afterAll(async () => {
    await browser?.close()
    await clinic?.close()
  })

  it('stays as old as she is by now when only her village is put right, and her chest film keeps its verdict', async () => {
    const film = await clinic.receive(1)
    await clinic.giveVerdict(film, { patientId: id, modality: 'cxr', laterality: undefined, triage: { level: 'urgent', code: 'tb-likely', text: 'Test sputum.' } })
    await page.goto(`${clinic.url}/patients/${id}/edit`)
    expect([await page.inputValue('[name=ageYears]'), await page.locator('[name=pregnancy]:checked').count()]).toEqual(['15', 0])
    await page.fill('[name=village]', 'Kondele')
    await page.click('main form button:not([type=button])')
    await page.waitForURL(/done=saved/)
    expect(clinic.patients.get(id)).toMatchObject({ village: 'Kondele', ...SAID })
    expect((await clinic.store.read(film)).state).toBe('ready')
  }, 60_000)

  it('is of the age that is typed in its place, as said today', async () => {
    await page.goto(`${clinic.url}/patients/${id}/edit`)
    await page.fill('[name=ageYears]', '14')
    await page.click('main form button:not([type=button])')
    await page.waitForURL(/done=saved/)
    expect(clinic.patients.get(id).age?.years).toBe(14)
    expect(clinic.patients.get(id).age?.onDate).not.toBe(DAYS_AGO)
  }, 60_000)
})
