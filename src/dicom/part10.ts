import { constants, inflateRawSync, inflateSync } from 'node:zlib'
import { DataSet, type Encoding, type RawElement } from './data-set.js'
import { TRANSFER_SYNTAX } from './uids.js'
import { isKnownVr } from './vr.js'
import { walk, wholeSpan } from './walk.js'

const PIXEL_DATA = 0x7fe00010
const isPixelData = (tag: number): boolean => tag === PIXEL_DATA || tag === 0x7fe00008 || tag === 0x7fe00009
/** A deflated data set grows to at most this much: a long clip fits, a bomb does not take the memory. */
const MAX_INFLATED_BYTES = 256 * 1024 * 1024

/** A DICOM object opened up to its Pixel Data. */
export type OpenedObject = {
  readonly meta: DataSet
  readonly dataSet: DataSet
  readonly transferSyntaxUid: string
  /** Where Pixel Data's value lies in `dataSet.bytes`; length 0xffffffff in `declared` means encapsulated. */
  readonly pixelData?: RawElement
  /** Where the data set begins in the file. */
  readonly dataSetOffset: number
  /** The elements ended in damage before Pixel Data. */
  readonly damaged: boolean
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function startOfElements(bytes: Buffer): number {
  if (bytes.length >= 132 && bytes.toString('latin1', 128, 132) === 'DICM') return 132
  return bytes.toString('latin1', 0, 4) === 'DICM' ? 4 : 0
}

/** The meta header ends where group 0002 ends; its group length is often absent or wrong, so it is not asked. */
function readMeta(bytes: Buffer): { meta: DataSet; end: number } {
  const start = startOfElements(bytes)
  const meta = new DataSet(bytes, { explicit: true, bigEndian: false })
  if (bytes.length < start + 8 || bytes.readUInt16LE(start) !== 0x0002) return { meta, end: start }
  if (!isKnownVr(bytes.toString('latin1', start + 4, start + 6))) {
    const implicit = new DataSet(bytes, { explicit: false, bigEndian: false })
    return { meta: implicit, end: walk(implicit, wholeSpan(start, bytes.length), (tag) => tag >>> 16 !== 0x0002).at }
  }
  return { meta, end: walk(meta, wholeSpan(start, bytes.length), (tag) => tag >>> 16 !== 0x0002).at }
}

/** The encoding the bytes show, which wins over the one the meta header claims. */
function encodingAt(bytes: Buffer, at: number, claimed: string): Encoding {
  if (bytes.length < at + 8) return { explicit: claimed !== TRANSFER_SYNTAX.implicitLittleEndian, bigEndian: false }
  const bigEndian = bytes.readUInt16BE(at) < bytes.readUInt16LE(at)
  return { explicit: isKnownVr(bytes.toString('latin1', at + 4, at + 6)), bigEndian }
}

function inflate(bytes: Buffer): Buffer | undefined {
  const options = { maxOutputLength: MAX_INFLATED_BYTES, finishFlush: constants.Z_SYNC_FLUSH }
  for (const method of [inflateRawSync, inflateSync]) {
    try {
      return method(bytes, options)
    } catch {
      continue
    }
  }
  return undefined
}

const SYNTAX_FOR = (encoding: Encoding): string => encoding.bigEndian ? TRANSFER_SYNTAX.explicitBigEndian
  : encoding.explicit ? TRANSFER_SYNTAX.explicitLittleEndian : TRANSFER_SYNTAX.implicitLittleEndian

const NATIVE: ReadonlySet<string> = new Set([TRANSFER_SYNTAX.implicitLittleEndian, TRANSFER_SYNTAX.explicitLittleEndian, TRANSFER_SYNTAX.explicitBigEndian])

/**
 * Opens a file or a bare data set: with or without preamble, meta header and group length. Only headers up to
 * Pixel Data are read, so the head of a large file is enough. Undefined when a deflated data set does not inflate.
 */
export function openObject(file: Uint8Array): OpenedObject | undefined {
  const bytes = asBuffer(file)
  const { meta, end } = readMeta(bytes)
  const claimed = meta.strings(0x00020010)[0] ?? ''
  const content = claimed === TRANSFER_SYNTAX.deflated ? inflate(bytes.subarray(end)) : bytes
  if (!content) return undefined
  const start = claimed === TRANSFER_SYNTAX.deflated ? 0 : end
  const encoding = encodingAt(content, start, claimed)
  const dataSet = new DataSet(content, encoding)
  const { stoppedAt, damaged } = walk(dataSet, wholeSpan(start, content.length), isPixelData)
  const pixelData = stoppedAt && { tag: stoppedAt.tag, vr: stoppedAt.vr, offset: stoppedAt.value, declared: stoppedAt.length, length: Math.min(stoppedAt.length, content.length - stoppedAt.value) }
  const transferSyntaxUid = claimed === '' || NATIVE.has(claimed) ? (claimed === '' && pixelData?.declared === 0xffffffff ? '' : SYNTAX_FOR(encoding)) : claimed
  return { meta, dataSet, transferSyntaxUid, pixelData, dataSetOffset: end, damaged }
}

/** Where the data set begins after preamble and meta header: what the fingerprint covers. */
export function dataSetOffset(bytes: Uint8Array): number {
  return readMeta(asBuffer(bytes)).end
}
