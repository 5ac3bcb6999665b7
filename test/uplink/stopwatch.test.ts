import { describe, expect, it } from 'vitest'
import { Link } from '../../src/uplink/link.js'
import { Pacer } from '../../src/uplink/pacer.js'
import { Stopwatch } from '../../src/uplink/stopwatch.js'
import { uplinkLog } from '../../src/uplink/uplink-log.js'
import { ok } from '../../src/domain/result.js'
import { silentLog } from '../../src/platform/log.js'

const signal = new AbortController().signal
const fakeClock = () => {
  const time = { ms: 0 }
  return { time, clock: { now: () => new Date(time.ms), monotonicMs: () => time.ms } }
}

describe('the stopwatch', () => {
  it('knows a fast line after the first object of a batch, says so once, and is not deceived by small ones', () => {
    const { time, clock } = fakeClock()
    const link = new Link('pacs', { probe: () => Promise.resolve(ok({ ms: 1 })) }, { clock, log: uplinkLog(silentLog), signal })
    let freed = 0
    const stopwatch = new Stopwatch({ link, clock, freed: () => { freed += 1 } })
    time.ms = 300
    stopwatch.taken(750_000)
    expect([link.isFast, link.bytesPerSecond, freed, stopwatch.isUsed]).toEqual([true, 2_500_000, 1, true])
    time.ms = 400
    stopwatch.taken(10_000)
    expect(link.bytesPerSecond).toBe(2_500_000)
    time.ms = 700
    stopwatch.taken(750_000)
    expect([link.bytesPerSecond, freed]).toEqual([2_500_000, 1])
  })
})

describe('two lanes with images', () => {
  it('begin half an object apart, so that they do not wait for their answers together; one lane alone and results wait for nothing', async () => {
    const { time, clock } = fakeClock()
    const pacer = new Pacer({ clock, signal, bytesPerSecond: undefined })
    const waited = async (begin: Promise<void>): Promise<number> => {
      const from = performance.now()
      await begin
      return performance.now() - from
    }
    expect(await waited(pacer.begin('bulk', 750_000, 2_500_000))).toBeLessThan(50)
    expect(await waited(pacer.begin('bulk', 750_000, 2_500_000))).toBeGreaterThan(140)
    expect(await waited(pacer.begin('results', 750_000, 2_500_000))).toBeLessThan(50)
    time.ms = 10_000
    expect(await waited(pacer.begin('bulk', 50_000_000, 2_500_000))).toBeLessThan(50)
    expect(await waited(pacer.begin('bulk', 50_000, 2_500_000))).toBeLessThan(60)
    time.ms = 20_000
    expect(await waited(pacer.begin('bulk', 50_000_000, undefined))).toBeLessThan(50)
  })
})
