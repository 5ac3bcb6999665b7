import { describe, expect, it } from 'vitest'
import { noiseFilm, startClinic, until } from './clinic.js'

describe('speed', () => {
  it('takes 4 MB/s or more through a pseudo-terminal, with both ends in this one process, and copies no image', async () => {
    const film = noiseFilm(1, { width: 4280, height: 3520, bits: 16 })
    await using clinic = await startClinic({ films: [film], simulator: { everyMs: undefined } })
    await using devices = clinic.supervise()
    await until('the line is open', () => devices.status()[0]?.detail?.includes('PHANTOM') === true)
    const idleBytes = process.memoryUsage().arrayBuffers
    let peakBytes = 0
    const startedMs = performance.now()
    clinic.simulator.insertFilm()
    clinic.store.meanwhile = () => { peakBytes = process.memoryUsage().arrayBuffers; return Promise.resolve() }
    await until('the film', () => clinic.simulator.taken.length === 1)
    const megabytesPerSecond = film.bytes.length / 1000 / (performance.now() - startedMs)
    console.log(`${megabytesPerSecond.toFixed(1)} MB/s, ${((peakBytes - idleBytes) / 1e6).toFixed(0)} MB more in buffers than when idle, of which ${(film.bytes.length / 1e6).toFixed(0)} MB are the test's own copy of the file`)
    expect(megabytesPerSecond).toBeGreaterThan(4)
  })
})
