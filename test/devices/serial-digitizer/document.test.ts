import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../../src/devices/serial-digitizer/framing.js'
import {
  ackPayload, identifyPayload, nakPayload, readIdentity, readLine, readRefusal, readScanHeader, readState, resumePayload, scanIdPayload, scanPayload
} from '../../../src/devices/serial-digitizer/messages.js'
import { frame, takeCommands, text, u16, u32 } from '../../../src/simulate/digitizer/wire.js'

/** Section 7 of the document: name of the frame to its bytes. */
const document = readFileSync(join(import.meta.dirname, '../../../docs/serial-digitizer.md'), 'utf8')
const vectors = new Map([...document.matchAll(/^\| ([^|]+) \| `(a55a[0-9a-f]+)` \|$/gm)].map(([, name, hex]) => [name!, Buffer.from(hex!, 'hex')]))
const vector = (begin: string): Buffer => [...vectors].find(([name]) => name.startsWith(begin))![1]
const payload = (begin: string): Buffer => vector(begin).subarray(12, -4)
const ID = '0123456789abcdef'

describe('the document and the host', () => {
  it('agree on every frame that the host sends', () => {
    expect({
      IDENTIFY: encodeFrame(1, 1, identifyPayload()), STATUS: encodeFrame(2, 2), SCAN: encodeFrame(3, 3, scanPayload({ dpi: 150, bits: 12 })),
      ABORT: encodeFrame(4, 4, scanIdPayload(ID)), RESUME: encodeFrame(5, 0, resumePayload(ID, 100, [{ first: 0, count: 40 }, { first: 42, count: 3 }])),
      ACK: encodeFrame(6, 0, ackPayload(ID, 40, 140)), NAK: encodeFrame(7, 0, nakPayload(ID, [{ first: 40, count: 2 }])), TAKEN: encodeFrame(8, 5, scanIdPayload(ID))
    }).toEqual(Object.fromEntries(['IDENTIFY', 'STATUS', 'SCAN', 'ABORT', 'RESUME', 'ACK', 'NAK', 'TAKEN'].map((name) => [name, vector(name === 'SCAN' ? 'SCAN,' : name)])))
  })

  it('agree on every frame that the host reads', () => {
    expect(readIdentity(payload('IDENTITY'))).toEqual({ version: 1, keepsWholeScan: true, scansOnCommand: true, model: 'CR-1', serial: 'SN7', firmware: '2.0' })
    expect(readState(payload('STATE'))).toEqual({ state: 'complete', faultCode: 0, scanId: ID, linesScanned: 2, totalLines: 2, imageCrc: 0xf51f165f, text: '' })
    expect(readScanHeader(payload('SCAN HEADER'))).toEqual({ scanId: ID, width: 2, bits: 12, zeroIsWhite: false, height: 2, samplePitchNm: 100_000, linePitchNm: 100_000 })
    const lines = [readLine(payload('LINE 0'))!, readLine(payload('LINE 1'))!]
    expect(lines.map(({ scanId, index }) => [scanId, index])).toEqual([[ID, 0], [ID, 1]])
    expect(crc32(Buffer.concat(lines.map(({ samples }) => samples)))).toBe(0xf51f165f)
    expect(lines.flatMap(({ samples }) => [samples.readUInt16LE(0) >> 4, samples.readUInt16LE(2) >> 4])).toEqual([256, 521, 4095, 3850])
    expect(readRefusal(payload('REFUSED'))).toEqual({ command: 3, code: 4, text: 'no film' })
  })

  it('agree on the polynomial', () => expect(crc32('123456789')).toBe(0xcbf43926))
})

describe('the document and the simulator', () => {
  it('agree on frames of both directions', () => {
    const commands = ['IDENTIFY', 'STATUS', 'SCAN,', 'ABORT', 'RESUME', 'ACK', 'NAK', 'TAKEN'].map(vector)
    expect(takeCommands(Buffer.concat(commands)).commands.map(({ type }) => type)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const id = Buffer.from(ID, 'hex')
    expect(frame(0x82, 2, Buffer.from([3, 0]), u16(0), id, u32(2), u32(2), u32(0xf51f165f), text(''))).toEqual(vector('STATE'))
    expect(frame(0x84, 0, id, u32(1), Buffer.from('f0ffa0f0', 'hex'))).toEqual(vector('LINE 1'))
  })
})

describe('a message whose parts do not fit its length', () => {
  it('is not read', () => {
    for (const [read, name] of [[readIdentity, 'IDENTITY'], [readState, 'STATE'], [readScanHeader, 'SCAN HEADER'], [readRefusal, 'REFUSED']] as const) {
      const whole = payload(name)
      expect(read(Buffer.concat([whole, Buffer.from([0])]))).toBeUndefined()
      for (let length = 0; length < whole.length; length++) expect(read(whole.subarray(0, length))).toBeUndefined()
    }
  })
})
