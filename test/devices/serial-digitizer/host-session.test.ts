import { describe, expect, it } from 'vitest'
import { HostSession } from '../../../src/devices/serial-digitizer/host-session.js'
import { DEVICE, HOST } from '../../../src/devices/serial-digitizer/messages.js'
import { scanKey } from '../../../src/devices/serial-digitizer/scan-key.js'
import type { SessionAction, SessionEvent } from '../../../src/devices/serial-digitizer/session-types.js'
import { DEFAULT_TIMING } from '../../../src/devices/serial-digitizer/session-types.js'
import { readRanges, text, u16, u32 } from '../../../src/simulate/digitizer/wire.js'

const ID = '00000000000000a1'
const id = Buffer.from(ID, 'hex')
const KEY = scanKey('SN7', ID)
const NAMES = Object.fromEntries(Object.entries(HOST).map(([name, code]) => [code, name]))

/** A session with one line of 100 bytes as unit, fed by hand: what it sends and wants, in words. */
class Bench {
  at = 0
  readonly session: HostSession
  constructor(options: { taken?: string[]; windowBytes?: number } = {}) {
    this.session = new HostSession({ path: '/dev/x', baudRate: 4_000_000, windowBytes: options.windowBytes ?? 1000, maxLines: 500, timing: DEFAULT_TIMING, taken: new Set(options.taken) })
  }

  give(event: SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, 'at'> : never) : never): string[] { return this.session.handle({ ...event, at: this.at } as SessionEvent).map(words) }
  frame(type: number, ...parts: Uint8Array[]): string[] { return this.give({ type: 'frame', frame: { type, tag: 0, payload: Buffer.concat(parts) } }) }
  /** Time passes in ticks of 50 ms; everything wanted meanwhile. */
  wait(ms: number): string[] {
    const actions: string[] = []
    for (const end = this.at + ms; this.at < end;) {
      this.at += 50
      actions.push(...this.give({ type: 'tick' }))
    }
    return actions
  }

  identity(version = 1): string[] { return this.frame(DEVICE.identity, Buffer.from([version, 3]), text('CR'), text('SN7'), text('1')) }
  state({ state = 2, scan = id, scanned = 0, total = 0, crc = 0, message = '' }: { state?: number; scan?: Buffer; scanned?: number; total?: number; crc?: number; message?: string } = {}): string[] {
    return this.frame(DEVICE.state, Buffer.from([state, 0]), u16(0), scan, u32(scanned), u32(total), u32(crc), text(message))
  }
  header({ height = 20, width = 100, scan = id } = {}): string[] { return this.frame(DEVICE.scanHeader, scan, u16(width), Buffer.from([8, 0]), u32(height), u32(0), u32(0)) }
  line(index: number): string[] { return this.frame(DEVICE.line, id, u32(index), Buffer.alloc(100, index)) }
  receiving(height = 20): this {
    this.give({ type: 'opened' })
    this.identity()
    this.state()
    this.give({ type: 'spool-found', key: KEY })
    this.header({ height })
    return this
  }
}

function words(action: SessionAction): string {
  switch (action.type) {
    case 'send': return sent(NAMES[action.message] ?? '?', action.payload)
    case 'write-line': return `write ${action.index}`
    case 'report': case 'close': return `${action.type} ${action.problem.code}`
    case 'begin-spool': return action.isOfNow ? 'begin-spool' : 'begin-spool of before'
    case 'finish': return `finish ${action.lines}`
    default: return action.type
  }
}

function sent(name: string, payload: Buffer): string {
  const ranges = (at: number): string => readRanges(payload, at).map(({ first, count }) => `${first}+${count}`).join(' ')
  if (name === 'ack') return `ack kept ${payload.readUInt32LE(8)} limit ${payload.readUInt32LE(12)}`
  if (name === 'nak') return `nak ${ranges(8)}`
  if (name === 'resume') return `resume limit ${payload.readUInt32LE(8)} held ${ranges(12)}`.trim()
  return name
}

describe('a session', () => {
  it('identifies, asks for the state, looks up the scan, resumes it and takes it', () => {
    const bench = new Bench()
    expect(bench.give({ type: 'opened' })).toEqual(['identify'])
    expect(bench.identity()).toEqual(['identified', 'status'])
    expect(bench.state()).toEqual(['find-spool'])
    expect(bench.give({ type: 'spool-found', key: KEY })).toEqual(['resume limit 4 held'])
    expect(bench.header({ height: 3 })).toEqual(['begin-spool', 'ack kept 0 limit 10'])
    expect([0, 1, 2].flatMap((index) => bench.line(index))).toEqual(['write 0', 'write 1', 'write 2', 'ack kept 0 limit 13'])
    expect(bench.state({ state: 3, scanned: 3, total: 3, crc: 5 })).toEqual(['finish 3'])
    expect(bench.state({ state: 3, scanned: 3, total: 3, crc: 5 })).toEqual([])
    expect(bench.give({ type: 'delivered', key: KEY })).toEqual(['taken'])
    expect(bench.wait(1000)).toEqual(['status', 'taken'])
    expect(bench.frame(DEVICE.ok, Buffer.from([HOST.taken]))).toEqual(['drop-spool'])
    expect(bench.state({ state: 0, scan: Buffer.alloc(8) })).toEqual([])
  })

  it('knows of one that was whole before it listened that it is of before, and of the one that took its place that it is of now', () => {
    const bench = new Bench()
    bench.give({ type: 'opened' })
    bench.identity()
    bench.state({ state: 3, scanned: 20, total: 20 })
    bench.give({ type: 'spool-found', key: KEY })
    expect(bench.header()).toContain('begin-spool of before')
    const scan = Buffer.from('00000000000000a2', 'hex')
    for (let told = 0; told < 3; told += 1) bench.state({ state: 3, scan, scanned: 20, total: 20 })
    bench.give({ type: 'spool-found', key: scanKey('SN7', scan.toString('hex')) })
    expect(bench.header({ scan })).toContain('begin-spool')
  })

  it('says TAKEN at once for a scan that is in the store already', () => {
    const bench = new Bench({ taken: [KEY] })
    bench.give({ type: 'opened' })
    bench.identity()
    expect(bench.state({ state: 3, scanned: 3, total: 3 })).toEqual(['taken'])
  })

  it('names what it holds from before, and begins nothing anew', () => {
    const bench = new Bench()
    bench.give({ type: 'opened' })
    bench.identity()
    bench.state({ scanned: 9 })
    const header = { scanId: ID, width: 100, bits: 8, zeroIsWhite: false, height: 20, samplePitchNm: 0, linePitchNm: 0 }
    expect(bench.give({ type: 'spool-found', key: KEY, stored: { header, held: [{ first: 0, count: 5 }, { first: 7, count: 2 }] } })).toEqual(['resume limit 15 held 0+5 7+2'])
    expect(bench.header()).toEqual(['ack kept 5 limit 15'])
  })

  it('begins anew when the spool is of another picture under the same id', () => {
    const bench = new Bench()
    bench.give({ type: 'opened' })
    bench.identity()
    bench.state()
    const header = { scanId: ID, width: 77, bits: 8, zeroIsWhite: false, height: 20, samplePitchNm: 0, linePitchNm: 0 }
    bench.give({ type: 'spool-found', key: KEY, stored: { header, held: [{ first: 0, count: 5 }] } })
    expect(bench.header()).toEqual(['begin-spool', 'resume limit 10 held'])
    expect(bench.header()).toEqual(['ack kept 0 limit 10'])
  })
})

describe('lines', () => {
  it('that are missing are asked for once at the gap, and again when it stays silent', () => {
    const bench = new Bench().receiving()
    expect([0, 1, 5].flatMap((index) => bench.line(index))).toEqual(['write 0', 'write 1', 'write 5', 'nak 2+3'])
    expect(bench.line(6)).toEqual(['write 6'])
    expect(bench.wait(500)).toEqual(['ack kept 0 limit 12', 'nak 2+3', 'checkpoint'])
    expect(bench.line(3)).toEqual(['write 3'])
    expect(bench.wait(450)).toEqual(['ack kept 0 limit 12', 'nak 2+1 4+1'])
  })

  it('at the end that never came are asked for as far as the device says it has scanned', () => {
    const bench = new Bench().receiving()
    bench.line(0)
    bench.state({ scanned: 4 })
    expect(bench.wait(450)).toEqual(['ack kept 0 limit 11', 'nak 1+3'])
  })

  it('that come twice, with another length, of another scan or past the end are not written', () => {
    const bench = new Bench().receiving()
    bench.line(0)
    expect(bench.line(0)).toEqual([])
    expect(bench.frame(DEVICE.line, id, u32(1), Buffer.alloc(99))).toEqual([])
    expect(bench.frame(DEVICE.line, Buffer.alloc(8, 7), u32(1), Buffer.alloc(100))).toEqual([])
    expect(bench.line(20)).toEqual([])
  })

  it('are named as kept only after the disk said so', () => {
    const bench = new Bench().receiving()
    for (let index = 0; index < 3; index++) bench.line(index)
    expect(bench.give({ type: 'kept', key: KEY, mark: 2 })).toEqual(['ack kept 2 limit 13'])
    expect(bench.give({ type: 'kept', key: KEY, mark: 1 })).toEqual([])
  })
})

describe('trouble', () => {
  it('of a silent line ends it after five seconds', () => {
    const bench = new Bench()
    bench.give({ type: 'opened' })
    expect(bench.wait(6000)).toEqual(['identify', 'identify', 'identify', 'identify', 'close no-answer'])
    expect(bench.identity()).toEqual([])
  })

  it('of bytes without sense says so', () => {
    const bench = new Bench()
    bench.give({ type: 'opened' })
    bench.give({ type: 'noise', bytes: 700 })
    expect(bench.wait(6000).at(-1)).toBe('close garbage-on-line')
  })

  it('of a device that falls silent in mid-scan ends the line', () => {
    expect(new Bench().receiving().wait(6000).at(-1)).toBe('close no-answer')
  })

  it('of too many lines stops the scan each time the device names it', () => {
    const bench = new Bench().receiving(0)
    expect(bench.line(500)).toEqual(['report scan-never-ends', 'abort', 'drop-spool'])
    expect(bench.state({ scanned: 600 })).toEqual(['abort'])
    expect(bench.frame(DEVICE.ok, Buffer.from([HOST.abort]))).toEqual([])
  })

  it('of a forgotten scan is believed when said twice', () => {
    const bench = new Bench().receiving()
    bench.line(0)
    expect(bench.state({ state: 0, scan: Buffer.alloc(8) })).toEqual([])
    expect(bench.state({ state: 0, scan: Buffer.alloc(8) })).toEqual(['report scan-lost'])
  })

  it('of a wrong checksum fetches all again at once, then after a while', () => {
    const bench = new Bench().receiving(1)
    bench.line(0)
    bench.state({ state: 3, scanned: 1, total: 1, crc: 9 })
    expect(bench.give({ type: 'damaged', key: KEY })).toEqual(['report scan-damaged', 'drop-lines', 'resume limit 10 held'])
    expect(bench.header({ height: 1 })).toEqual(['begin-spool', 'ack kept 0 limit 10'])
    expect(bench.line(0)).toEqual(['write 0', 'finish 1'])
    expect(bench.give({ type: 'damaged', key: KEY })).toEqual(['drop-lines'])
  })

  it('of the store leaves the device untold and tries again', () => {
    const bench = new Bench().receiving(1)
    bench.line(0)
    bench.state({ state: 3, scanned: 1, total: 1, crc: 9 })
    expect(bench.give({ type: 'not-delivered', key: KEY })).toEqual([])
    const wanted: string[] = []
    for (let second = 0; second < 31; second++) {
      wanted.push(...bench.wait(1000))
      bench.state({ state: 3, scanned: 1, total: 1, crc: 9 })
    }
    expect(wanted.filter((action) => action !== 'status')).toEqual(['finish 1'])
  })

  it('of the device itself is told in its own words, once', () => {
    const bench = new Bench()
    bench.give({ type: 'opened' })
    bench.identity()
    expect(bench.state({ state: 4, scan: Buffer.alloc(8), message: 'lamp' })).toEqual(['report device-fault'])
    expect(bench.state({ state: 4, scan: Buffer.alloc(8), message: 'lamp' })).toEqual([])
  })

  it('of a line that the device no longer has stops the scan', () => {
    const bench = new Bench().receiving()
    expect(bench.frame(DEVICE.refused, Buffer.from([HOST.nak]), u16(5), text(''))).toEqual(['report lines-gone', 'abort', 'drop-spool'])
  })
})

describe('a person', () => {
  it('starts a scan, hears why not, and stops one', () => {
    const bench = new Bench().receiving()
    expect(bench.give({ type: 'scan-requested', dpi: 150, bits: 12 })).toEqual(['scan'])
    expect(bench.frame(DEVICE.refused, Buffer.from([HOST.scan]), u16(4), text('no film'))).toEqual(['report scan-refused'])
    expect(bench.give({ type: 'abort-requested' })).toEqual(['abort', 'drop-spool'])
  })
})
