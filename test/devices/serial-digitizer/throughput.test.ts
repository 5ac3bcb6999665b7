import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createFilm } from '../../../src/simulate/digitizer/film.js'
import { startClinic, until } from './clinic.js'

const WANTED_MB_PER_SECOND = 4
const ROUNDS = 6
const size = { width: 4280, height: 1400, bits: 16 }

describe('speed', () => {
  it('takes 4 MB/s or more through a pseudo-terminal, with both ends in this one process', { timeout: 120_000 }, async () => {
    const films = Array.from({ length: ROUNDS }, () => createFilm({ ...size, bytes: randomBytes(size.width * size.height * 2) }))
    await using clinic = await startClinic({ films, simulator: { everyMs: undefined } })
    const devices = clinic.supervise()
    await until('the line is open', () => devices.status()[0]?.detail?.includes('PHANTOM') === true)
    const speeds: number[] = []
    for (const film of films) {
      const startedMs = performance.now()
      clinic.simulator.insertFilm()
      await until('the film', () => clinic.simulator.taken.length > speeds.length, 60_000)
      speeds.push(film.bytes.length / 1000 / (performance.now() - startedMs))
      if (speeds.at(-1)! > WANTED_MB_PER_SECOND && speeds.length > 1) break
    }
    const best = Math.max(...speeds)
    console.log(`MB/s a film: ${speeds.map((speed) => speed.toFixed(1)).join(', ')}`)
    expect(best).toBeGreaterThan(WANTED_MB_PER_SECOND)
  })
})
