import { describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { noiseFilm, pixelsOf, startClinic, until } from './clinic.js'

describe('a digitizer on a pseudo-terminal', () => {
  it('delivers each film once, byte for byte, and is told so only then', async () => {
    const films = [noiseFilm(1), noiseFilm(2, { bits: 8, width: 201, height: 33 }), noiseFilm(3, { bits: 16 })]
    await using clinic = await startClinic({ films })
    await using devices = clinic.supervise()
    await until('three images', () => clinic.simulator.taken.length === 3)
    expect(clinic.store.images.map((image, at) => pixelsOf(image, films[at]!).equals(films[at]!.bytes))).toEqual([true, true, true])
    expect(clinic.store.duplicates).toBe(0)
    expect(devices.status()[0]).toMatchObject({ state: 'open', arrivals: 3, detail: expect.stringContaining('PHANTOM') as string })
    const metadata = await sharp(clinic.store.images[1]!.path).metadata()
    expect(metadata).toMatchObject({ format: 'tiff', width: 201, height: 33, channels: 1, depth: 'uchar' })
  })
})
