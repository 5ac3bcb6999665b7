import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../../src/platform/log.js'
import { startReader, type Reader } from '../../../src/pipeline/reader/reader.js'
import { builtChild } from './built-child.js'

const root = resolve(import.meta.dirname, '../../../..')
const packs = resolve(import.meta.dirname, '../../../models-int8')
const data = join(root, 'shared/data')
const hasData = existsSync(data)
const samples = (folder: string, count: number): string[] => {
  const names = readdirSync(join(data, folder)).filter((name) => /\.(?:jpg|png)$/.test(name)).sort()
  return Array.from({ length: count }, (_, index) => join(data, folder, names[Math.floor((index * names.length) / count)]!))
}

describe.skipIf(!hasData)('the delivered packs on real images (skipped without ../shared/data)', () => {
  let reader: Reader
  beforeAll(async () => {
    reader = await startReader({ packsFolder: packs, log: silentLog, script: builtChild, readyWithinMs: 60_000 })
    await reader.ready
  })
  afterAll(() => reader[Symbol.asyncDispose]())

  async function outcomes(paths: readonly string[], packId?: string, ageYears?: number): Promise<string[]> {
    const found: string[] = []
    for (const path of paths) {
      const result = await reader.read({ path, ...(packId === undefined ? {} : { packId }), ...(ageYears === undefined ? {} : { ageYears }) })
      found.push(result.ok ? (result.value.quality.gradable ? result.value.pack?.id ?? 'none' : result.value.quality.reasons[0]!.code) : result.error.code)
    }
    return found
  }
  const share = (found: readonly string[], wanted: string): number => found.filter((each) => each === wanted).length / found.length

  it('are in service', () => {
    const { packs: states } = reader.status()
    expect(states.filter(({ inService }) => inService).map(({ id }) => id).sort()).toEqual(expect.arrayContaining(['dr-fundus', 'image-gate', 'tb-chest']))
  })

  it('score nearly all chest films of 128 pixels', async () => {
    expect(share(await outcomes(samples('cxr/nlm_tb_128', 30)), 'tb-chest')).toBeGreaterThan(0.9)
  })

  it('refuse most chest films whose lower lungs are cut off or that are tilted, and hardly one that is whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'screenpost-cut-'))
    const films = samples('cxr/nlm_tb_128', 24)
    const made = async (name: string, change: (film: Sharp, size: { width: number; height: number }) => Sharp) => Promise.all(films.map(async (film, index) => {
      const { width = 0, height = 0 } = await sharp(film).metadata()
      await change(sharp(film), { width, height }).toFile(join(folder, `${name}-${index}.png`))
      return join(folder, `${name}-${index}.png`)
    }))
    const below = await made('below', (film, { width, height }) => film.extract({ left: 0, top: 0, width, height: Math.round(height * 0.55) }).resize(256))
    const tilted = await made('tilted', (film) => film.rotate(30, { background: '#000' }).resize(256))
    expect(share(await outcomes(below), 'field-cut-off')).toBeGreaterThan(0.6)
    expect(share(await outcomes(tilted), 'field-cut-off')).toBeGreaterThan(0.8)
    expect(share(await outcomes(films), 'field-cut-off')).toBeLessThan(0.1)
    // A child's film would not be scored whole either: no second exposure.
    expect(share(await outcomes([...below, ...tilted], undefined, 9), 'field-cut-off')).toBe(0)
  })

  it('score most natural fundus photos', async () => {
    expect(share(await outcomes(samples('fundus/eyepacs_natural', 30)), 'dr-fundus')).toBeGreaterThan(0.7)
  })

  it('refuse breast ultrasound, whatever pack was chosen', async () => {
    const benign = samples('ultrasound/breast/benign', 10)
    for (const packId of [undefined, 'tb-chest', 'dr-fundus']) expect(share(await outcomes(benign, packId), 'wrong-image')).toBeGreaterThanOrEqual(0.8)
  })

  it('refuse an eye as a chest and a chest as an eye', async () => {
    expect(share(await outcomes(samples('fundus/eyepacs_natural', 8), 'tb-chest'), 'tb-chest')).toBe(0)
    expect(share(await outcomes(samples('cxr/nlm_tb_128', 8), 'dr-fundus'), 'dr-fundus')).toBe(0)
  })
})
