import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.js'
import { ok } from '../../src/domain/result.js'

const parse = (destinations: unknown) => parseConfig({
  env: {}, defaultDataFolder: '/srv/data', deviceKinds: [{ kind: 'dicom', parseOptions: (raw: unknown) => ok(raw) }, { kind: 'watched-folder', parseOptions: (raw: unknown) => ok(raw) }, { kind: 'stow', parseOptions: (raw: unknown) => ok(raw) }], site: { destinations }
})
const pacs = { id: 'pacs', kind: 'dicom', host: '127.0.0.1', port: 4242, aeTitle: 'ORTHANC' }

describe('destinations of the site file', () => {
  it('need nothing but an address: everything is sent, as the title we receive under', () => {
    const config = parse([pacs])
    expect(config.ok && config.value.destinations).toEqual([{ ...pacs, callingAeTitle: 'SCREENPOST', send: ['images', 'sr', 'heatmap', 'pdf'], commitment: true }])
  })

  it('are none without the part', () => {
    const config = parse(undefined)
    expect(config.ok && config.value.destinations).toEqual([])
  })

  it('report every problem at once, each with its path', () => {
    const config = parse([{ ...pacs, port: 0, send: ['images', 'fax'] }, { ...pacs, hots: 'x' }, { id: 'cloud', kind: 'relay' }, { id: 'x', kind: 'pigeon' }])
    expect(!config.ok && config.error.map(({ path }) => path)).toEqual(['destinations[0].port', 'destinations[0].send.1', 'destinations[1].id', 'destinations[1]', 'destinations[2].kind', 'destinations[3].kind'])
    expect(!config.ok && config.error[4]?.message).toMatch(/not built yet/)
  })
})
