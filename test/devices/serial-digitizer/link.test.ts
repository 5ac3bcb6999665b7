import { describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { noiseFilm, pixelsOf, startClinic, until } from './clinic.js'

describe('a digitizer on a pseudo-terminal', () => {
  it('delivers each film once, byte for byte, and is told so only then', async () => {
    const films = [noiseFilm(1), noiseFilm(2, { bits: 8, width: 201, height: 33 }), noiseFilm(3, { bits: 16 })]
    await using clinic = await startClinic({ films })
    const devices = clinic.supervise()
    await until('three images', () => clinic.simulator.taken.length === 3)
    expect(clinic.store.images.map((image, at) => pixelsOf(image, films[at]!).equals(films[at]!.bytes))).toEqual([true, true, true])
    expect(clinic.store.duplicates).toBe(0)
    expect(devices.status()[0]).toMatchObject({ state: 'open', arrivals: 3, detail: expect.stringContaining('PHANTOM') as string })
    const metadata = await sharp(clinic.store.images[1]!.path).metadata()
    expect(metadata).toMatchObject({ format: 'tiff', width: 201, height: 33, channels: 1, depth: 'uchar' })
  })
})

describe('whose a scan is', () => {
  const visit = () => ({ visitId: 'V-20260301-AAAAAAAA', patientId: 'P-0000000A' })

  it('is not known of one that the digitizer kept while nobody listened to it; the next is of the visit of the moment', async () => {
    const films = [noiseFilm(31), noiseFilm(32), noiseFilm(33)]
    await using clinic = await startClinic({ films, visit })
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    clinic.supervise()
    await until('all images', () => clinic.simulator.taken.length === films.length)
    expect(clinic.store.visits).toEqual([null, visit().visitId, visit().visitId])
  })

  it('is known of one that goes on while the line is opened, and of one whose line breaks', async () => {
    const films = [noiseFilm(34, { height: 400 })]
    await using clinic = await startClinic({ films, visit, seed: 7, faults: { unplugEveryFrames: 60, unpluggedMs: 10 }, simulator: { linesPerSecond: 400 } })
    clinic.supervise()
    await until('the image', () => clinic.simulator.taken.length === films.length)
    expect(clinic.simulator.unplugs).toBeGreaterThan(0)
    expect(clinic.store.visits).toEqual([visit().visitId])
  })
})

/** The full count in CI, and by `DIGITIZER_UNPLUGS=200 npx vitest run test/devices/serial-digitizer/link.test.ts`. */
const UNPLUGS = Number(process.env['DIGITIZER_UNPLUGS'] ?? (process.env['CI'] === 'true' ? 200 : 20))

describe('a cable that is pulled in mid-scan', () => {
  it(`loses and doubles nothing in ${UNPLUGS} unplugs`, { timeout: 30_000 + UNPLUGS * 2000 }, async () => {
    const films = Array.from({ length: Math.ceil(UNPLUGS / 4) }, (_, seed) => noiseFilm(seed + 10, { height: 150 }))
    await using clinic = await startClinic({ films, seed: 7, faults: { unplugEveryFrames: 30, unpluggedMs: 10 } })
    const devices = clinic.supervise()
    await until('every film', () => clinic.simulator.taken.length === films.length, 20_000 + UNPLUGS * 2000)
    expect(clinic.simulator.unplugs).toBeGreaterThanOrEqual(UNPLUGS)
    expect(clinic.store.images.length).toBe(films.length)
    expect(clinic.store.images.every((image, at) => pixelsOf(image, films[at]!).equals(films[at]!.bytes))).toBe(true)
    expect(clinic.store.duplicates).toBe(0)
    expect(devices.status()[0]!.arrivals).toBe(films.length)
  })

  it('goes on at the last good line: a scan with unplugs costs little more than one without', { timeout: 80_000 }, async () => {
    const film = noiseFilm(5, { width: 1000, height: 1000 })
    await using clinic = await startClinic({ films: [film], seed: 3, faults: { unplugEveryFrames: 250, unpluggedMs: 10 }, device: { windowKiB: 16 } })
    clinic.supervise()
    await until('the film', () => clinic.simulator.taken.length === 1, 60_000)
    expect(clinic.simulator.unplugs).toBeGreaterThanOrEqual(2)
    expect(clinic.simulator.bytesSent).toBeLessThan(film.bytes.length * 1.5)
  })
})

describe('a bad line', () => {
  const accidents = {
    corrupt: { corrupt: 0.05 }, drop: { drop: 0.05 }, cut: { cut: 0.05 }, duplicate: { duplicate: 0.1 }, garbage: { garbage: 0.2 }, delay: { delay: 0.02, delayMs: 30 },
    everything: { corrupt: 0.02, drop: 0.02, cut: 0.02, duplicate: 0.02, garbage: 0.05, delay: 0.01, delayMs: 20, unplugEveryFrames: 150, unpluggedMs: 10 }
  }
  for (const [name, faults] of Object.entries(accidents)) {
    it(`with accidents of kind ${name} gives the film byte for byte`, async () => {
      const films = [noiseFilm(21), noiseFilm(22)]
      await using clinic = await startClinic({ films, seed: 11, faults })
      clinic.supervise()
      await until('both films', () => clinic.simulator.taken.length === 2)
      expect(clinic.store.images.map((image, at) => pixelsOf(image, films[at]!).equals(films[at]!.bytes))).toEqual([true, true])
      expect(clinic.store.duplicates).toBe(0)
    })
  }
})
