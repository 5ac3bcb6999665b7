import { expect, it } from 'vitest'
import { chromiumAbsent, launch, signedInPage, speak } from '../a11y/browser.js'
import { languages } from '../../../src/i18n/catalogues.js'
import { routineFundus, ungradableFundus } from '../views/samples.js'
import { openClinic } from './clinic.js'

it.skipIf(chromiumAbsent)('breaks an identifier without spaces, so that no page grows wider than the tablet', async () => {
  const clinic = await openClinic()
  const browser = await launch()
  try {
    const id = await clinic.receive(700)
    await clinic.giveVerdict(id, { dicom: { sopClassUid: '1.2', sopInstanceUid: '1.2.3', transferSyntaxUid: '1.2.840.10008.1.2.1', patientId: 'x'.repeat(64), patientName: 'Y'.repeat(64) } })
    const page = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
    await page.goto(`${clinic.url}/studies/${id}`)
    expect(await page.locator('#patient bdi').textContent()).toContain('x'.repeat(64))
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(600)
  } finally {
    await browser.close()
    await clinic.close()
  }
}, 60_000)

it.skipIf(chromiumAbsent)('fits a phone in every language: two eyes of which one is not seen, in list, register, visit, study and patient', async () => {
  const clinic = await openClinic()
  const browser = await launch()
  try {
    const patient = await clinic.patients.register({ name: 'Grace Wanjiru Test', village: 'Kondele', ageYears: 54, sex: 'F' }, 'test')
    if (!patient.ok) throw new Error('patient')
    const visit = await clinic.visits.start({ patientId: patient.value.id }, 'operator')
    const seen = { patientId: patient.value.id, visitId: visit.id } as const
    const id = await clinic.receive(701)
    await clinic.giveVerdict(id, { ...seen, laterality: 'R', triage: routineFundus.triage })
    await clinic.giveVerdict(await clinic.receive(702), { ...seen, laterality: 'L', triage: ungradableFundus.triage })
    const page = await signedInPage(browser, clinic.url, await clinic.cookie('operator'))
    await page.setViewportSize({ width: 390, height: 844 })
    const wide: string[] = []
    for (const { locale } of languages) {
      await speak(page, clinic.url, locale)
      for (const path of ['/', '/register', `/visits/${visit.id}`, `/studies/${id}`, `/patients/${patient.value.id}`]) {
        await page.goto(clinic.url + path)
        const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
        if (width > 390) wide.push(`${locale} ${path.split('/')[1] ?? ''}: ${width}`)
      }
    }
    expect(wide).toEqual([])
    await page.goto(`${clinic.url}/register`)
    const [advice] = await page.locator('.register td:nth-child(5)').all()
    const box = await advice!.boundingBox()
    expect(box!.x >= 0 && box!.x + box!.width <= 390).toBe(true)
  } finally {
    await browser.close()
    await clinic.close()
  }
}, 240_000)
