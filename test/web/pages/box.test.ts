import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BoxChange, BoxView } from '../../../src/web/box-door.js'
import { boxModel } from '../views/every-page.js'
import { startTestWeb } from '../harness.js'
import type { TestWeb } from '../harness.js'

let web: TestWeb
const changes: BoxChange[] = []
const view: BoxView = boxModel.box
beforeAll(async () => {
  web = await startTestWeb({ deps: { programmes: ['tuberculosis'], box: { view: async () => view, change: async (change) => {
    changes.push(change)
    return change.part === 'network' ? [{ code: 'bad-settings', message: 'expected 8 to 63 printable ASCII characters', path: 'wifi.passphrase' }] : []
  } } } })
})
afterAll(() => web?.[Symbol.asyncDispose]())

const ask = async (path: string, role: 'admin' | 'operator', fields?: Record<string, string>): Promise<{ status: number; to: string | null; text: string }> => {
  const answer = await fetch(web.url + path, { headers: { accept: 'text/html', ...await web.bearer(role) }, redirect: 'manual', ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}) })
  return { status: answer.status, to: answer.headers.get('location'), text: await answer.text() }
}

it('shows the machine to the technician only, with a test for each device and destination', async () => {
  expect((await ask('/box', 'operator')).status).toBe(403)
  const { status, text } = await ask('/box', 'admin')
  expect(status).toBe(200)
  for (const each of ['action="/devices/film/probe"', 'action="/uplink/pacs/test"', 'value="Kondele clinic"', 'programme-tuberculosis', '/dev/serial/by-id/usb-Film_Digitizer_7-if00', '25W']) expect(text).toContain(each)
})

it('hands over what was typed, and says in the form what was refused, without the password', async () => {
  expect(await ask('/box/clinic', 'admin', { 'clinic-name': ' Kondele ', timezone: 'Africa/Nairobi', 'programme-tuberculosis': 'yes' })).toMatchObject({ status: 303, to: '/box?done=box' })
  expect(await ask('/box/devices', 'admin', { 'device-kind': 'barcode', 'device-id': 'scanner', 'device-where': '/dev/serial/by-id/x' })).toMatchObject({ status: 303 })
  expect(await ask('/box/destinations/pacs/remove', 'admin', {})).toMatchObject({ status: 303 })
  const refused = await ask('/box/network', 'admin', { ssid: 'Kliniki yetu', passphrase: 'sesame', country: 'KE', channel: '6', wired: 'uplink' })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('wifi.passphrase')
  expect(refused.text).toContain('value="Kliniki yetu"')
  expect(refused.text).not.toContain('sesame')
  expect(changes).toMatchObject([
    { part: 'clinic', name: 'Kondele', timezone: 'Africa/Nairobi', programmes: ['tuberculosis'] }, { part: 'add-device', fields: { kind: 'barcode', id: 'scanner', where: '/dev/serial/by-id/x' } },
    { part: 'remove-destination', id: 'pacs' }, { part: 'network', passphrase: 'sesame', wired: 'uplink' }
  ])
})

it('is linked from the system page where there is a box, and is no page where there is none', async () => {
  expect((await ask('/system', 'admin')).text).toContain('href="/box"')
  expect((await ask('/system', 'operator')).text).not.toContain('href="/box"')
  await using plain = await startTestWeb()
  const headers = { accept: 'text/html', ...await plain.bearer('admin') }
  expect((await fetch(`${plain.url}/box`, { headers })).status).toBe(404)
})
