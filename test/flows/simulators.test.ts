import { spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoPlaces, demoSite } from '../../src/cli/demo-site.js'
import { bin, run, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { describeWith } from './peers.js'

type Device = { id: string; kind: string; state: string; received: number }

describeWith(['ffmpeg', 'scanimage', 'gphoto2'], 'every kind of device, driven by its simulator', () => {
  let folder: string
  let places: ReturnType<typeof demoPlaces>
  let appliance: RunningAppliance
  let token: string
  const children: ReturnType<typeof spawn>[] = []

  const simulate = async (kind: string, ...args: string[]): Promise<void> => void (await run(process.execPath, [bin, 'simulate', kind, '--count', '1', ...args]))
  const deviceOf = async (kind: string): Promise<Device> => (await appliance.api<{ devices: Device[] }>('/api/v1/devices')).devices.find((each) => each.kind === kind)!
  const received = (kind: string): Promise<Device> => waitFor(async () => {
    const device = await deviceOf(kind)
    return device.received > 0 ? device : undefined
  }, { timeoutMs: 40_000, hint: () => `nothing came by ${kind}:\n${appliance.output().slice(-3000)}` })
  const isOpen = (kind: string): Promise<Device> => waitFor(async () => {
    const device = await deviceOf(kind)
    return device.state === 'connected' ? device : undefined
  }, { timeoutMs: 40_000, hint: () => `${kind} did not open:\n${appliance.output().slice(-3000)}` })
  const command = async (path: string, body: object = {}): Promise<void> => {
    const answer = await fetch(`${appliance.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  }

  beforeAll(async () => {
    folder = await temporaryData()
    places = demoPlaces(folder)
    for (const each of [places.data, places.inbox, join(folder, 'cards'), join(places.cameraCard, 'DCIM'), places.scanner]) await mkdir(each, { recursive: true })
    await writeFile(places.site, JSON.stringify(demoSite(places)))
    await simulate('video', '--out', places.screen)
    await simulate('sane', '--folder', places.scanner)
    for (const [kind, port] of [['barcode', places.scannerLine], ['digitizer', places.digitizerLine]] as const) {
      children.push(spawn(process.execPath, [bin, 'simulate', kind, '--port', port, '--every', '3', '--text', 'PHANTOM-CARD'], { stdio: 'ignore' }))
    }
    appliance = await startAppliance({ data: places.data, args: ['--config', places.site] })
    token = await appliance.token('operator')
  }, 60_000)
  afterAll(async () => {
    for (const child of children) child.kill('SIGTERM')
    await appliance?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('has a simulator for each kind that can be configured', async () => {
    const { stdout } = await run(process.execPath, [bin, 'simulate', '--list'])
    const { devices } = await appliance.api<{ devices: Device[] }>('/api/v1/devices')
    expect(stdout.trim().split('\n').sort()).toEqual(devices.map(({ kind }) => kind).sort())
  })

  it('dicom: a modality sends by C-STORE', async () => {
    const { aeTitle, host, port } = appliance.dicom
    await simulate('dicom', '--to', `${aeTitle}@${host}:${port}`)
    await received('dicom')
  }, 60_000)

  it('stow: an app stores by DICOMweb', async () => {
    await simulate('stow', '--url', appliance.url, '--token', token)
    await received('stow')
  }, 60_000)

  it('watched-folder: a program exports into a folder', async () => {
    await simulate('watched-folder', '--folder', places.inbox)
    await received('watched-folder')
  }, 60_000)

  it('mass-storage: a card is plugged in and imported, each eye by its name', async () => {
    await simulate('mass-storage', '--folder', places.cards)
    await waitFor(async () => {
      const answer = await fetch(`${appliance.url}/devices/sticks/session`, { headers: { authorization: `Bearer ${token}` } })
      const { session } = (await answer.json()) as { session: { media: { phase: string }[] } }
      return session.media.find(({ phase }) => phase === 'ready')
    }, { timeoutMs: 20_000, hint: () => appliance.output().slice(-2000) })
    await command('/devices/sticks/commands/import', { medium: 'PHANTOM-1', wanted: 'all' })
    await waitFor(async () => ((await deviceOf('mass-storage')).received === 4 ? true : undefined), { timeoutMs: 30_000, hint: () => 'not all four came' })
  }, 60_000)

  it('sane: a film is scanned', async () => {
    await isOpen('sane')
    await command('/devices/film-scanner/commands/scan')
    await received('sane')
  }, 60_000)

  it('video: the screen of an ultrasound is captured', async () => {
    await isOpen('video')
    await command('/devices/ultrasound/commands/capture')
    await received('video')
  }, 60_000)

  it('ptp: a picture taken with the camera comes by itself', async () => {
    await isOpen('ptp')
    await simulate('ptp', '--folder', places.cameraCard)
    await received('ptp')
  }, 60_000)

  it('film-photo: the film in a photo is read, and the result says that it was a photo', async () => {
    await simulate('film-photo', '--url', appliance.url, '--token', token)
    await received('film-photo')
    const found = await waitFor(async () => {
      const { studies } = await appliance.api<{ studies: { id: string }[] }>('/api/v1/studies?limit=200')
      for (const { id } of studies) {
        const text = JSON.stringify(await appliance.api(`/api/v1/studies/${id}`))
        if (text.includes('"read-from-photo"')) return text
      }
      return undefined
    }, { timeoutMs: 60_000, hint: () => appliance.output().slice(-3000) })
    expect(found).toContain('read-from-photo')
  }, 90_000)

  it('serial-digitizer: a film is scanned on the line', async () => {
    await received('serial-digitizer')
  }, 90_000)

  it('barcode: a code reaches the tablets, and no log', async () => {
    await isOpen('barcode')
    const stop = new AbortController()
    const events = await fetch(`${appliance.url}/events`, { headers: { authorization: `Bearer ${token}` }, signal: stop.signal })
    let text = ''
    const reader = events.body!.getReader()
    await waitFor(async () => {
      text += Buffer.from((await reader.read()).value ?? []).toString()
      return text.includes('PHANTOM-CARD') ? true : undefined
    }, { timeoutMs: 30_000, hint: () => text })
    stop.abort()
    expect(appliance.output()).not.toContain('PHANTOM-CARD')
  }, 60_000)
})
