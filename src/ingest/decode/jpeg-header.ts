import { fail, PROBLEMS } from './problems.js'

export type JpegHeader = {
  /** SOF marker's low byte: 0xc0 baseline, 0xc1 extended, 0xc2 progressive, 0xc3 lossless, 0xf7 JPEG-LS. */
  readonly process: number
  readonly precision: number
  readonly rows: number
  readonly columns: number
  readonly components: number
  readonly componentIds: readonly number[]
  readonly jfif: boolean
  /** Transform of the Adobe marker: 0 none, 1 YCbCr. */
  readonly adobeTransform?: number
}

const isFrame = (marker: number): boolean => marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)

/** Reads the marker segments up to the frame header (ITU-T T.81 B.2.2), so that sizes are known before decoding. */
export function readJpegHeader(bytes: Buffer): JpegHeader {
  let at = 2
  let jfif = false
  let adobeTransform: number | undefined
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) fail(PROBLEMS.damagedPixels)
    const marker = bytes[at + 1] as number
    if (marker === 0xff) {
      at++
      continue
    }
    const length = bytes.readUInt16BE(at + 2)
    if (marker === 0xe0 && bytes.toString('latin1', at + 4, at + 8) === 'JFIF') jfif = true
    if (marker === 0xee && bytes.toString('latin1', at + 4, at + 9) === 'Adobe') adobeTransform = bytes[at + 15]
    if (isFrame(marker)) return frameHeader(bytes, at, { jfif, adobeTransform })
    at += 2 + length
  }
  return fail(PROBLEMS.truncated)
}

function frameHeader(bytes: Buffer, at: number, markers: Pick<JpegHeader, 'jfif' | 'adobeTransform'>): JpegHeader {
  if (at + 10 > bytes.length) fail(PROBLEMS.truncated)
  const components = bytes[at + 9] as number
  return {
    ...markers, components,
    process: bytes[at + 1] as number,
    precision: bytes[at + 4] as number,
    rows: bytes.readUInt16BE(at + 5),
    columns: bytes.readUInt16BE(at + 7),
    componentIds: Array.from({ length: components }, (_, i) => bytes[at + 10 + i * 3] ?? 0)
  }
}

/** Whether a stream ends with its end-of-image marker, padding aside. */
export const hasEndOfImage = (bytes: Buffer): boolean => bytes.subarray(Math.max(0, bytes.length - 64)).includes(Buffer.from([0xff, 0xd9]))
