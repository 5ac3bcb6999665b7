import { describe, expect, it } from 'vitest'
import { transportKinds } from '../../src/uplink/transports/registry.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { LANGUAGES } from '../../src/config/site-file.js'
import { languages } from '../../src/i18n/catalogues.js'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'

const deviceKinds = [
  { kind: 'dicom', parseOptions: (raw: unknown) => ok(raw) },
  { kind: 'watched-folder', parseOptions: (raw: unknown) => ok(raw) },
  { kind: 'stow', parseOptions: (raw: unknown) => ok(raw) },
  { kind: 'picky', parseOptions: () => err([problem('bad', 'expected one of 9600, 19200; got 9601', 'baudRate')]) }
]
const parse = (env: Record<string, string>, site?: unknown) => parseConfig({ env, defaultDataFolder: '/srv/data', deviceKinds, destinationKinds: transportKinds, site })

describe('parseConfig', () => {
  it('has a working default: DICOM and the watched folder', () => {
    const config = parse({})
    expect(config).toMatchObject({ ok: true, value: { dataFolder: '/srv/data', http: { port: 8080 } } })
    expect(config.ok && config.value.devices.map((device) => [device.id, device.kind])).toEqual([['dicom', 'dicom'], ['inbox', 'watched-folder'], ['dicomweb', 'stow']])
  })

  it('takes ports from the environment, 0 included', () => {
    const config = parse({ SCREENPOST_HTTP_PORT: '0', SCREENPOST_DICOM_PORT: '104', SCREENPOST_DATA: '/mnt/d' })
    expect(config).toMatchObject({ ok: true, value: { dataFolder: '/mnt/d', http: { port: 0 } } })
    expect(config.ok && config.value.devices[0]?.options).toMatchObject({ port: 104 })
  })

  it('knows the languages of the pages for what leaves, English when the site says none', () => {
    expect([...LANGUAGES].sort()).toEqual(languages.map(({ locale }) => locale).sort())
    expect([parse({}), parse({}, { language: 'fr' })]).toMatchObject([{ value: { language: 'en' } }, { value: { language: 'fr' } }])
    expect(parse({}, { language: 'French' })).toMatchObject({ ok: false, error: [{ path: 'language' }] })
  })

  it('keeps other machines to HTTPS unless the site accepts the risk', () => {
    expect(parse({})).toMatchObject({ ok: true, value: { https: { port: 8443, allowPlain: false } } })
    expect(parse({ SCREENPOST_HTTPS_PORT: '0' }, { http: { allowPlain: true } })).toMatchObject({ ok: true, value: { http: { host: '0.0.0.0' }, https: { port: 0, allowPlain: true } } })
    expect(parse({ SCREENPOST_HTTPS_PORT: 'x' }).ok).toBe(false)
  })

  it('reports every problem at once, each with its path', () => {
    const config = parse({ SCREENPOST_HTTP_PORT: 'eighty' }, {
      devices: [{ id: 'a', kind: 'fax' }, { id: 'a', kind: 'picky', options: { baudRate: 9601 } }]
    })
    expect(config.ok).toBe(false)
    expect(!config.ok && config.error.map((each) => each.path)).toEqual(
      ['SCREENPOST_HTTP_PORT', 'devices[0].kind', 'devices[1].id', 'devices[1].options.baudRate'])
    expect(!config.ok && config.error[3]?.message).toBe('expected one of 9600, 19200; got 9601')
  })

  it('wants somebody who takes the heartbeat', () => {
    const relay = { id: 'centre', kind: 'relay', url: 'https://relay.example' }
    expect(parse({}, { fleet: {}, destinations: [relay] })).toMatchObject({ ok: true, value: { fleet: { everyMinutes: 5 } } })
    expect(parse({}, { fleet: { gateway: 'https://gw.example', box: 'seven' } })).toMatchObject({ ok: true })
    for (const fleet of [{}, { gateway: 'https://gw.example' }, { box: 'seven' }]) expect(parse({}, { fleet, destinations: [] })).toMatchObject({ ok: false, error: [{ path: 'fleet' }] })
  })

  it('takes the worklist of the centre, called as our first DICOM device', () => {
    const site = { devices: [{ id: 'a', kind: 'dicom', options: { aeTitle: 'CLINIC' } }], worklist: { host: '10.0.0.5', port: 104, aeTitle: 'CENTRE' } }
    expect(parse({}, site)).toMatchObject({ ok: true, value: { worklist: { host: '10.0.0.5', port: 104, aeTitle: 'CENTRE', callingAeTitle: 'CLINIC', everyMinutes: 15 } } })
    const wrong = parse({}, { worklist: { host: '', port: 0, aeTitle: 'SEVENTEEN LETTERS', everyMinutes: 0, modality: 'DX' } })
    expect(!wrong.ok && wrong.error.map(({ path }) => path)).toEqual(['worklist.host', 'worklist.port', 'worklist.aeTitle', 'worklist.everyMinutes', 'worklist'])
  })

  it('takes the devices that a technician vouched for, and refuses one that is none', () => {
    expect(parse({}, { nothingWritten: ['dicom:FUNDUS1', 'upload'] })).toMatchObject({ ok: true, value: { nothingWritten: ['dicom:FUNDUS1', 'upload'] } })
    expect(parse({}, { nothingWritten: ['inbox', 'camera'] })).toMatchObject({ ok: false, error: [{ code: 'unknown-device', path: 'nothingWritten[1]' }] })
  })

  it('refuses a misspelt part of the site file', () => {
    const config = parse({}, { devises: [] })
    expect(!config.ok && config.error[0]?.message).toMatch(/devises/)
  })
})
