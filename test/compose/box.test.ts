import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBox } from '../../src/compose/box.js'
import { PROGRAMMES } from '../../src/config/site-file.js'
import { programmes } from '../../src/programmes/programmes.js'
import type { BoxDoor, BoxFields } from '../../src/web/box-door.js'

const NONE: BoxFields = { id: '', kind: '', where: '', host: '', port: '', aeTitle: '', url: '', bearer: '', more: '' }

describe('the settings of a box, as the page changes them', () => {
  let folder: string
  let box: BoxDoor
  const at = (path: string): string => join(folder, path)
  const wished = async (name: string): Promise<unknown> => JSON.parse(await readFile(at(`data/box/${name}`), 'utf8'))
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-box-'))
    await writeFile(at('site.json'), JSON.stringify({ name: 'Old name', fleet: { gateway: 'https://gw.example', box: 'seven', everyMinutes: 5 }, devices: [{ id: 'dicom', kind: 'dicom', options: { port: 11112 } }] }))
    box = openBox({ siteFile: at('site.json'), dataFolder: at('data'), root: folder })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('show what is in force, what is plugged in and a Jetson\'s power modes', async () => {
    await mkdir(at('dev/serial/by-id'), { recursive: true })
    await writeFile(at('dev/serial/by-id/usb-Film_7'), '')
    await mkdir(at('etc'))
    await writeFile(at('etc/nvpmodel.conf'), '# modes\n< POWER_MODEL ID=0 NAME=15W >\nCPU_ONLINE CORE_0 1\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n')
    expect(await box.view()).toMatchObject({
      clinic: 'Old name', timezone: 'UTC', wired: 'clinic', savePower: false, devices: [{ id: 'dicom', kind: 'dicom' }], destinations: [],
      plugged: ['/dev/serial/by-id/usb-Film_7'], powerModes: [{ id: 0, name: '15W' }, { id: 2, name: 'MAXN_SUPER' }]
    })
  })

  it('keep the parts of the site file that no form shows', async () => {
    expect(await box.change({ part: 'clinic', name: 'Kondele', timezone: 'Africa/Nairobi', programmes: ['tuberculosis'] })).toEqual([])
    expect(await wished('site.json')).toMatchObject({ name: 'Kondele', programmes: ['tuberculosis'], fleet: { box: 'seven' }, devices: [{ id: 'dicom' }] })
    expect(await wished('settings.json')).toMatchObject({ timezone: 'Africa/Nairobi' })
    expect((await box.view()).programmes.filter(({ runs }) => runs)).toEqual([{ id: 'tuberculosis', runs: true }])
  })

  it('add devices and destinations one after the other, and take them out', async () => {
    expect(await box.change({ part: 'add-device', fields: { ...NONE, id: 'film', kind: 'serial-digitizer', where: '/dev/serial/by-id/usb-Film_7', more: '{"baudRate":115200}' } })).toEqual([])
    expect(await box.change({ part: 'add-destination', fields: { ...NONE, id: 'pacs', kind: 'dicom', host: '10.0.0.5', port: '4242', aeTitle: 'ORTHANC' } })).toEqual([])
    expect(await wished('site.json')).toMatchObject({
      devices: [{ id: 'dicom' }, { id: 'film', options: { path: '/dev/serial/by-id/usb-Film_7', baudRate: 115200 } }], destinations: [{ id: 'pacs', host: '10.0.0.5', port: 4242, aeTitle: 'ORTHANC' }]
    })
    await box.change({ part: 'remove-device', id: 'dicom' })
    await box.change({ part: 'remove-destination', id: 'pacs' })
    expect(await box.view()).toMatchObject({ devices: [{ id: 'film' }], destinations: [] })
  })

  it('write nothing that the service would refuse at its start, and say every problem', async () => {
    expect(await box.change({ part: 'add-destination', fields: { ...NONE, id: 'PACS 1', kind: 'dicom', host: '10.0.0.5' } })).not.toEqual([])
    expect(await box.change({ part: 'add-device', fields: { ...NONE, id: 'dicom', kind: 'dicom' } })).toMatchObject([{ code: 'twice' }])
    expect(await box.change({ part: 'add-device', fields: { ...NONE, id: 'x', kind: 'dicom', more: '[1]' } })).toMatchObject([{ code: 'bad-options' }])
    expect(await box.change({ part: 'network', ssid: 'Kliniki', passphrase: 'short', country: 'ke', channel: '6', wired: 'clinic' })).toMatchObject([{ path: 'wifi.passphrase' }])
    await expect(wished('site.json')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(wished('settings.json')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('keep the Wi-Fi\'s password when none is typed, and never show it', async () => {
    const network = { part: 'network', ssid: 'Kliniki', country: 'ke', channel: '11', wired: 'uplink' } as const
    expect(await box.change({ ...network, passphrase: 'mango tree 27' })).toEqual([])
    expect(await box.change({ ...network, ssid: 'Kliniki 2', passphrase: '' })).toEqual([])
    expect(await wished('settings.json')).toMatchObject({ wired: 'uplink', wifi: { name: 'Kliniki 2', passphrase: 'mango tree 27', country: 'KE', channel: 11 } })
    expect(JSON.stringify(await box.view())).not.toContain('mango')
    expect(await box.change({ part: 'power', savePower: true, powerMode: '2' })).toEqual([])
    expect(await wished('settings.json')).toMatchObject({ savePower: true, powerMode: 2, wired: 'uplink' })
  })

  it('know every programme by the name of its data file', () => {
    expect([...PROGRAMMES].toSorted()).toEqual(programmes.map(({ id }) => id).toSorted())
  })
})
