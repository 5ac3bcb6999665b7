import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problem } from '../../../src/domain/problem.js'
import { probeDigitizer } from '../../../src/devices/serial-digitizer/probe.js'
import { systemClock } from '../../../src/platform/clock.js'
import type { DigitizerFaults } from '../../../src/simulate/digitizer/simulator.js'
import { noiseFilm, pixelsOf, startClinic, until } from './clinic.js'

const film = noiseFilm(41)

/** A copy of a folder that is being written: a temporary file may vanish between its name and its bytes, then again. */
async function copyAtOnce(from: string, to: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await cp(from, to, { recursive: true })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries > 20) throw error
      await rm(to, { recursive: true, force: true })
    }
  }
}

describe('what the page says', () => {
  const cases: { name: string; faults: DigitizerFaults; code: string; words: RegExp }[] = [
    { name: 'of a device that connects and says nothing', faults: { silent: true }, code: 'no-answer', words: /Switch the digitizer on and check its cable/ },
    { name: 'of garbage, as with another speed', faults: { babble: true }, code: 'garbage-on-line', words: /same speed on both sides \(here 4000000 baud\)/ },
    { name: 'of another version of the protocol', faults: { device: { protocolVersion: 9 } }, code: 'protocol-version', words: /version 9.*Update the older/ },
    { name: 'of a scan that never ends', faults: { device: { neverEnds: true } }, code: 'scan-never-ends', words: /past 500 lines and was stopped/ },
    { name: 'of a film that is jammed', faults: { device: { jamsAt: 50 } }, code: 'scan-stalled', words: /stands still at line 50/ },
    { name: 'of a whole image whose checksum is wrong', faults: { device: { wrongImageCrc: true } }, code: 'scan-damaged', words: /the digitizer needs service/ }
  ]
  for (const { name, faults, code, words } of cases) {
    it(name, async () => {
      await using clinic = await startClinic({ films: [film], faults, device: { maxLines: 500, stallSeconds: 1 } })
      const devices = clinic.supervise()
      await until(code, () => devices.status()[0]?.lastProblem?.code === code)
      expect(devices.status()[0]!.lastProblem!.message).toMatch(words)
      expect(clinic.store.images).toEqual([])
      expect(clinic.simulator.taken).toEqual([])
    })
  }

  it('of a port that is not there, and goes on when it is', async () => {
    await using clinic = await startClinic({ films: [film], faults: { unpluggedMs: 400 } })
    const replugged = clinic.simulator.replug()
    const devices = clinic.supervise()
    await until('the problem', () => devices.status()[0]?.lastProblem?.code === 'device-gone')
    await replugged
    await until('the film', () => clinic.simulator.taken.length === 1)
    expect(devices.status()[0]).toMatchObject({ state: 'open', arrivals: 1 })
  })
})

describe('a scan of unknown length', () => {
  it('is whole when the device says that it is', async () => {
    await using clinic = await startClinic({ films: [film], faults: { device: { lengthUnknown: true }, drop: 0.03 } })
    clinic.supervise()
    await until('the film', () => clinic.simulator.taken.length === 1)
    expect(pixelsOf(clinic.store.images[0]!, film).equals(film.bytes)).toBe(true)
  })
})

describe('a stopped scan', () => {
  it('is aborted at the device, leaves nothing, and the next film comes', async () => {
    await using clinic = await startClinic({ films: [noiseFilm(1, { height: 600 }), film], device: { maxLines: 500 } })
    clinic.supervise()
    await until('the second film', () => clinic.simulator.taken.length === 1)
    expect(clinic.simulator.aborted.length).toBe(1)
    expect(clinic.store.images.map((image) => pixelsOf(image, film).equals(film.bytes))).toEqual([true])
  })
})

describe('a store that takes nothing', () => {
  it('is asked again, and the device is told nothing before', async () => {
    await using clinic = await startClinic({ films: [film] })
    clinic.store.refusals.push(problem('store-full', 'The disk is full.'), problem('store-full', 'The disk is full.'))
    const devices = clinic.supervise()
    await until('a refusal', () => devices.status()[0]?.lastProblem?.code === 'store-full')
    expect(clinic.simulator.taken).toEqual([])
    await until('the film', () => clinic.simulator.taken.length === 1)
    expect(clinic.store.images.length).toBe(1)
  })
})

describe('a disk without room', () => {
  it('leaves the scan in the device until there is', async () => {
    await using clinic = await startClinic({ films: [film] })
    clinic.store.roomy = false
    const devices = clinic.supervise()
    await until('the problem', () => devices.status()[0]?.lastProblem?.code === 'store-full')
    expect(devices.status()[0]!.lastProblem!.message).toContain('the digitizer keeps the scan')
    clinic.store.roomy = true
    await until('the film', () => clinic.simulator.taken.length === 1)
    expect(pixelsOf(clinic.store.images[0]!, film).equals(film.bytes)).toBe(true)
  })
})

describe('a crash of the service', () => {
  it('in mid-scan costs the lines since the last half second and no others', async () => {
    const long = noiseFilm(6, { width: 1000, height: 800 })
    await using clinic = await startClinic({ films: [long], simulator: { linesPerSecond: 800 } })
    const spool = join(clinic.folder, 'spool')
    const first = clinic.supervise()
    await until('half the film', () => clinic.simulator.bytesSent > long.bytes.length / 2)
    await copyAtOnce(spool, `${spool}-at-crash`)
    await first[Symbol.asyncDispose]()
    await rm(spool, { recursive: true })
    await cp(`${spool}-at-crash`, spool, { recursive: true })
    const before = clinic.simulator.bytesSent
    clinic.supervise()
    await until('the film', () => clinic.simulator.taken.length === 1)
    expect(pixelsOf(clinic.store.images[0]!, long).equals(long.bytes)).toBe(true)
    expect(clinic.simulator.bytesSent - before).toBeLessThan(long.bytes.length * 0.75)
  })

  it('between delivery and remembering it doubles nothing', async () => {
    await using clinic = await startClinic({ films: [film], faults: { unpluggedMs: 300 } })
    const spool = join(clinic.folder, 'spool')
    clinic.store.meanwhile = async () => {
      await copyAtOnce(spool, `${spool}-at-crash`)
      void clinic.simulator.replug()
      clinic.store.meanwhile = () => Promise.resolve()
    }
    const first = clinic.supervise()
    await until('delivery', () => clinic.store.images.length === 1)
    await first[Symbol.asyncDispose]()
    expect(clinic.simulator.taken).toEqual([])
    await rm(spool, { recursive: true })
    await cp(`${spool}-at-crash`, spool, { recursive: true })
    clinic.supervise()
    await until('confirmation', () => clinic.simulator.taken.length === 1)
    expect([clinic.store.images.length, clinic.store.duplicates]).toEqual([1, 1])
  })
})

describe('a cable pulled while the image is delivered', () => {
  it('costs no second fetch: the device is told at once when it is back', async () => {
    await using clinic = await startClinic({ films: [film] })
    clinic.store.meanwhile = async () => {
      void clinic.simulator.replug()
      await new Promise((resolve) => { setTimeout(resolve, 300) })
    }
    clinic.supervise()
    await until('confirmation', () => clinic.simulator.taken.length === 1)
    expect([clinic.store.images.length, clinic.store.duplicates]).toEqual([1, 0])
    expect(clinic.simulator.bytesSent).toBeLessThan(film.bytes.length * 1.5)
  })
})

describe('closing', () => {
  it('takes less than a second in mid-scan and keeps the lines for the next time', async () => {
    const long = noiseFilm(6, { width: 1000, height: 800 })
    await using clinic = await startClinic({ films: [long], simulator: { linesPerSecond: 800 } })
    const devices = clinic.supervise()
    await until('half the film', () => clinic.simulator.bytesSent > long.bytes.length / 2)
    const startedMs = performance.now()
    await devices[Symbol.asyncDispose]()
    expect(performance.now() - startedMs).toBeLessThan(1000)
    clinic.supervise()
    await until('the film', () => clinic.simulator.taken.length === 1)
    expect(pixelsOf(clinic.store.images[0]!, long).equals(long.bytes)).toBe(true)
    expect(clinic.simulator.bytesSent).toBeLessThan(long.bytes.length * 1.3)
  })
})

describe('the test button', () => {
  it('names the device, or says what to do', async () => {
    await using clinic = await startClinic({ films: [] })
    expect(await probeDigitizer(clinic.options, systemClock)).toMatchObject({ ok: true, value: { model: 'Screenpost PHANTOM digitizer', serial: 'SIM-1' } })
    expect(await probeDigitizer({ ...clinic.options, path: join(clinic.folder, 'absent') }, systemClock)).toMatchObject({ ok: false, error: { code: 'device-gone' } })
    const devices = clinic.supervise()
    await until('the line is open', () => devices.status()[0]?.state === 'open')
    expect(await probeDigitizer(clinic.options, systemClock)).toMatchObject({ ok: false, error: { code: 'port-busy' } })
  })
})
