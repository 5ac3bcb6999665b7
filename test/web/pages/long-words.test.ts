import { expect, it } from 'vitest'
import { chromiumAbsent, launch, signedInPage } from '../a11y/browser.js'
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
