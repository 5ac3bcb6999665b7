import { describe, expect, it } from 'vitest'
import { decodeFile, defaultDecodeLimits } from '../../../src/ingest/decode/decode.js'
import { chestPhantom } from '../../../src/phantoms/chest.js'
import { phantomFilm } from '../../../src/simulate/digitizer/film.js'
import { startClinic, until } from './clinic.js'

/** 1 when one is the other, brighter or darker at will; -1 for its negative. */
function correlation(a: Uint8Array, b: Uint8Array): number {
  const mean = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [both, squareA, squareB] = [0, 0, 0]
  a.forEach((value, at) => {
    both += (value - meanA) * (b[at]! - meanB)
    squareA += (value - meanA) ** 2
    squareB += (b[at]! - meanB) ** 2
  })
  return both / Math.sqrt(squareA * squareB)
}

describe('a digitized film', () => {
  it('reads as the picture that was on it', async () => {
    const size = { seed: 4, width: 352, height: 428 }
    await using clinic = await startClinic({ films: [phantomFilm({ ...size, bits: 12 })] })
    clinic.supervise()
    await until('the film', () => clinic.simulator.taken.length === 1)
    const decoded = await decodeFile(clinic.store.images[0]!.path, defaultDecodeLimits)
    expect(decoded.ok).toBe(true)
    if (!decoded.ok) return
    const { pixels } = decoded.value
    expect(pixels).toMatchObject({ width: 352, height: 428, channels: 1, frames: 1 })
    const original = chestPhantom({ ...size, opacity: 'none' }).data
    expect(correlation(pixels.data, original)).toBeGreaterThan(0.97)
  })
})
