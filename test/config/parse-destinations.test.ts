import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.js'
import { ok } from '../../src/domain/result.js'
import { transportKinds } from '../../src/uplink/transports/registry.js'

const parse = (destinations: unknown, more: object = {}) => parseConfig({
  env: {}, defaultDataFolder: '/srv/data', deviceKinds: [{ kind: 'dicom', parseOptions: (raw: unknown) => ok(raw) }, { kind: 'watched-folder', parseOptions: (raw: unknown) => ok(raw) }, { kind: 'stow', parseOptions: (raw: unknown) => ok(raw) }], destinationKinds: transportKinds, site: { destinations, ...more }
})
const pacs = { id: 'pacs', kind: 'dicom', host: '127.0.0.1', port: 4242, aeTitle: 'ORTHANC' }

const shared = { send: ['images', 'sr', 'heatmap', 'pdf'], commitment: true, deidentified: false, onCorrection: 'ask', recompress: true, overreads: true, priors: 2, policy: { onlyUnmetered: false, holdUnattachedHours: 0 } }

describe('destinations of the site file', () => {
  it('need nothing but an address: everything is sent, as the title we receive under', () => {
    const config = parse([pacs])
    expect(config.ok && config.value.destinations).toEqual([{ id: 'pacs', kind: 'dicom', ...shared, options: { host: '127.0.0.1', port: 4242, aeTitle: 'ORTHANC', callingAeTitle: 'SCREENPOST' } }])
  })

  it('are none without the part', () => {
    const config = parse(undefined)
    expect(config.ok && config.value.destinations).toEqual([])
  })

  it('may be told when and how fast', () => {
    const config = parse([{ ...pacs, hours: ['20:00-06:30', '12:00-13:00'], onlyUnmetered: true, holdUnattachedHours: 24, bytesPerSecond: 8000, bytesPerDay: 5e7 }])
    expect(config.ok && config.value.destinations[0]?.policy).toEqual({ hours: [{ from: 1200, to: 390 }, { from: 720, to: 780 }], onlyUnmetered: true, holdUnattachedHours: 24, bytesPerSecond: 8000, bytesPerDay: 5e7 })
  })

  it('get no paper and no heatmap where nobody may be named', () => {
    const config = parse([{ ...pacs, deidentified: true }])
    expect(config.ok && config.value.destinations[0]?.send).toEqual(['images', 'sr'])
    const named = parse([{ ...pacs, deidentified: true, send: ['images', 'pdf'] }])
    expect(!named.ok && named.error).toMatchObject([{ path: 'destinations[0].send', code: 'not-nameless' }])
  })

  it('report every problem at once, each with its path', () => {
    const config = parse([{ ...pacs, port: 0, send: ['images', 'fax'] }, { ...pacs, hots: 'x' }, { ...pacs, id: 'late', hours: ['25:00-26:00'] }, { id: 'x', kind: 'pigeon' }])
    expect(!config.ok && config.error.map(({ path }) => path)).toEqual([
      'destinations[0].send.1', 'destinations[0].port', 'destinations[1].id', 'destinations[1]', 'destinations[2].hours.0', 'destinations[3].kind'
    ])
    expect(!config.ok && config.error[5]?.message).toMatch(/expected one of dicom.*got pigeon/)
  })

  it('are archives by their own mark: one truth, that the older list of retention may only repeat', () => {
    const second = { ...pacs, id: 'second' }
    const archivesOf = (destinations: unknown, retention: object) => { const config = parse(destinations, { retention }); return config.ok ? config.value.retention?.archives : config.error.map(({ path, code }) => [path, code]) }
    expect(archivesOf([{ ...pacs, archive: true }, second], { days: 30 })).toEqual(['pacs'])
    expect(archivesOf([pacs, second], { days: 30, archives: ['second'] })).toEqual(['second'])
    expect(archivesOf([{ ...pacs, archive: true }, second], { days: 30, archives: ['pacs'] })).toEqual(['pacs'])
    expect(archivesOf([{ ...pacs, archive: true }, second], { days: 30, archives: ['second'] })).toEqual([['retention.archives', 'archives-differ']])
    expect(archivesOf([pacs], { days: 30 })).toEqual([['retention', 'no-archive']])
    expect(archivesOf([{ ...pacs, archive: true, commitment: false }, { id: 'emr', kind: 'fhir', url: 'https://emr.example/fhir', archive: true }, { ...second, archive: true, deidentified: true }], { days: 30 }))
      .toEqual([['destinations[0].archive', 'no-archive'], ['destinations[1].archive', 'no-archive'], ['destinations[2].archive', 'no-archive']])
  })
})
