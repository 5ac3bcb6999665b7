import type { LineRange } from './line-set.js'

/** Type codes of docs/serial-digitizer.md, section 3. */
export const HOST = { identify: 0x01, status: 0x02, scan: 0x03, abort: 0x04, resume: 0x05, ack: 0x06, nak: 0x07, taken: 0x08 } as const
export const DEVICE = { ok: 0x80, identity: 0x81, state: 0x82, scanHeader: 0x83, line: 0x84, refused: 0x8f } as const

export const PROTOCOL_VERSION = 1
/** Ranges that one RESUME or NAK may name. */
export const MAX_RANGES = 64
const MAX_SAMPLES = 16_384
const LINE_PREFIX_BYTES = 12
const NO_SCAN = '0000000000000000'
const STATES = ['idle', 'preparing', 'scanning', 'complete', 'fault'] as const

export type Identity = { readonly version: number; readonly keepsWholeScan: boolean; readonly scansOnCommand: boolean; readonly model: string; readonly serial: string; readonly firmware: string }
/** `scanId` is 16 hexadecimal digits. `totalLines` and `imageCrc` count in state complete; 0 means not known yet. */
export type DeviceState = {
  readonly state: (typeof STATES)[number]
  readonly faultCode: number
  readonly scanId?: string
  readonly linesScanned: number
  readonly totalLines: number
  readonly imageCrc: number
  readonly text: string
}
/** `bits` 8 to 16; above 8 a sample is two bytes, little-endian, most significant bits used. `height` 0: not known before the end. Pitches in nanometres, 0 unknown. */
export type ScanHeader = {
  readonly scanId: string
  readonly width: number
  readonly bits: number
  readonly zeroIsWhite: boolean
  readonly height: number
  readonly samplePitchNm: number
  readonly linePitchNm: number
}
export type Line = { readonly scanId: string; readonly index: number; readonly samples: Buffer }
export type Refusal = { readonly command: number; readonly code: number; readonly text: string }
export const REFUSAL = { unknownCommand: 1, busy: 2, noSuchScan: 3, notReady: 4, lineGone: 5, fault: 6, badValue: 7 } as const

export const bytesPerLine = ({ width, bits }: Pick<ScanHeader, 'width' | 'bits'>): number => width * (bits > 8 ? 2 : 1)

export const identifyPayload = (): Buffer => Buffer.from([PROTOCOL_VERSION])

/** `dpi` and `bits` 0: the device's own default. */
export function scanPayload({ dpi, bits }: { dpi: number; bits: number }): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt16LE(dpi, 0)
  payload.writeUInt8(bits, 2)
  return payload
}

export const scanIdPayload = (scanId: string): Buffer => Buffer.from(scanId, 'hex')

/** @param limit lines from this one on may not be sent yet; `held` beyond the first `MAX_RANGES` are sent again by the device and dropped here */
export function resumePayload(scanId: string, limit: number, held: readonly LineRange[]): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32LE(limit)
  return Buffer.concat([scanIdPayload(scanId), prefix, rangesBytes(held)])
}

/** @param kept lines below are on disk and survive a power cut */
export function ackPayload(scanId: string, kept: number, limit: number): Buffer {
  const marks = Buffer.alloc(8)
  marks.writeUInt32LE(kept, 0)
  marks.writeUInt32LE(limit, 4)
  return Buffer.concat([scanIdPayload(scanId), marks])
}

export const nakPayload = (scanId: string, missing: readonly LineRange[]): Buffer => Buffer.concat([scanIdPayload(scanId), rangesBytes(missing)])

function rangesBytes(ranges: readonly LineRange[]): Buffer {
  const used = ranges.slice(0, MAX_RANGES)
  const bytes = Buffer.alloc(1 + 8 * used.length)
  bytes.writeUInt8(used.length)
  used.forEach(({ first, count }, at) => {
    bytes.writeUInt32LE(first, 1 + 8 * at)
    bytes.writeUInt32LE(count, 5 + 8 * at)
  })
  return bytes
}

/** Undefined when the payload is not as long as its parts say. */
export function readIdentity(payload: Buffer): Identity | undefined {
  const [model, serial, firmware] = readTexts(payload, 2, 3) ?? []
  if (model === undefined || serial === undefined || firmware === undefined) return undefined
  const flags = payload.readUInt8(1)
  return { version: payload.readUInt8(0), keepsWholeScan: (flags & 1) !== 0, scansOnCommand: (flags & 2) !== 0, model, serial, firmware }
}

export function readState(payload: Buffer): DeviceState | undefined {
  const [text] = readTexts(payload, 24, 1) ?? []
  const state = STATES[payload[0] ?? -1]
  if (text === undefined || state === undefined) return undefined
  const scanId = payload.toString('hex', 4, 12)
  return {
    state, faultCode: payload.readUInt16LE(2), ...(scanId === NO_SCAN ? {} : { scanId }),
    linesScanned: payload.readUInt32LE(12), totalLines: payload.readUInt32LE(16), imageCrc: payload.readUInt32LE(20), text
  }
}

/** Undefined when the length or a value is outside what the protocol allows. */
export function readScanHeader(payload: Buffer): ScanHeader | undefined {
  if (payload.length !== 24) return undefined
  const header: ScanHeader = {
    scanId: payload.toString('hex', 0, 8), width: payload.readUInt16LE(8), bits: payload.readUInt8(10), zeroIsWhite: (payload.readUInt8(11) & 1) !== 0,
    height: payload.readUInt32LE(12), samplePitchNm: payload.readUInt32LE(16), linePitchNm: payload.readUInt32LE(20)
  }
  const sane = header.scanId !== NO_SCAN && header.width >= 1 && header.width <= MAX_SAMPLES && header.bits >= 8 && header.bits <= 16
  return sane ? header : undefined
}

/** `samples` is a view of the payload. */
export function readLine(payload: Buffer): Line | undefined {
  if (payload.length <= LINE_PREFIX_BYTES) return undefined
  return { scanId: payload.toString('hex', 0, 8), index: payload.readUInt32LE(8), samples: payload.subarray(LINE_PREFIX_BYTES) }
}

export function readRefusal(payload: Buffer): Refusal | undefined {
  const [text] = readTexts(payload, 3, 1) ?? []
  return text === undefined ? undefined : { command: payload.readUInt8(0), code: payload.readUInt16LE(1), text }
}

/** `count` texts of a length byte and UTF-8 each, which must end where the payload ends. Control characters are dropped. */
function readTexts(payload: Buffer, offset: number, count: number): string[] | undefined {
  const texts: string[] = []
  let at = offset
  for (let index = 0; index < count; index++) {
    const length = payload[at]
    if (length === undefined || at + 1 + length > payload.length) return undefined
    texts.push(payload.toString('utf8', at + 1, at + 1 + length).replace(/\p{Cc}/gu, ''))
    at += 1 + length
  }
  return at === payload.length ? texts : undefined
}
