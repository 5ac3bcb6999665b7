import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunningAppliance } from './appliance.js'
import { removeData, run, startAppliance, temporaryData } from './appliance.js'
import { describeWith, peerPath } from './peers.js'

/** The appliance's own site file (appliance/site.appliance.json) on a folder of ours and free ports. */
describeWith(['echoscu'], 'DICOM with encryption, from the first start on', () => {
  let box: RunningAppliance
  beforeAll(async () => {
    const data = await temporaryData()
    const text = await readFile(resolve(import.meta.dirname, '../../appliance/site.appliance.json'), 'utf8')
    const site = join(data, 'site.json')
    await writeFile(site, text.replaceAll('/var/lib/screenpost', data).replace('"port": 2762', '"port": 0').replace('"port": 11112', '"port": 0'))
    box = await startAppliance({ data, args: ['--config', site] })
  }, 120_000)
  afterAll(async () => { await box?.stop(); if (box) await removeData(box) }, 60_000)

  const echo = (port: number, ca: string) => run(peerPath('echoscu')!, ['+tla', '+py', '+cf', ca, '-aec', 'SCREENPOST', '127.0.0.1', String(port)]).then(() => 'Success', (error: { stderr: string }) => error.stderr)

  it('answers whoever trusts the clinic\'s authority, and is not believed by others', async () => {
    const { devices } = await box.api<{ devices: { id: string; detail?: string }[] }>('/api/v1/devices')
    const port = Number(/TLS port (\d+)/.exec(devices.find(({ id }) => id === 'dicom')?.detail ?? '')?.[1])
    const trusted = join(box.data, 'ca.pem')
    await writeFile(trusted, new X509Certificate(Buffer.from(await (await fetch(`${box.url}/trust/ca.crt`)).arrayBuffer())).toString())
    expect(await echo(port, trusted)).toBe('Success')
    const stranger = join(box.data, 'other.pem')
    await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=Other', '-keyout', '/dev/null', '-out', stranger])
    expect(await echo(port, stranger)).toMatch(/certificate/i)
  }, 60_000)
})
