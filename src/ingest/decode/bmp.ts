import type { Pixels } from '../../domain/image-content.js'
import { checkDimensions } from './image-module.js'
import type { DecodeLimits } from './limits.js'
import { fail, PROBLEMS, unsupportedPixels } from './problems.js'

type Header = { width: number; height: number; topDown: boolean; bits: number; start: number; palette: Uint8Array; masks?: number[] }

/** libvips reads no BMP without ImageMagick, so uncompressed BMP is read here: 1, 4, 8, 16, 24 and 32 bits. */
export function decodeBmp(bytes: Buffer, limits: DecodeLimits): { pixels: Pixels } {
  const header = readHeader(bytes, limits)
  const stride = Math.ceil((header.width * header.bits) / 32) * 4
  if (header.start + stride * header.height > bytes.length) fail(PROBLEMS.truncated)
  const grey = header.bits <= 8 && isGrey(header.palette)
  const channels = grey ? 1 : 3
  const data = new Uint8Array(header.width * header.height * channels)
  for (let y = 0; y < header.height; y++) {
    const row = bytes.subarray(header.start + (header.topDown ? y : header.height - 1 - y) * stride)
    const out = data.subarray(y * header.width * channels, (y + 1) * header.width * channels)
    if (header.bits <= 8) indexedRow(row, out, header, channels)
    else colourRow(row, out, header)
  }
  return { pixels: { width: header.width, height: header.height, channels, frames: 1, data } }
}

function readHeader(bytes: Buffer, limits: DecodeLimits): Header {
  if (bytes.length < 30) fail(PROBLEMS.truncated)
  const size = bytes.readUInt32LE(14)
  const old = size === 12
  if (!old && bytes.length < 14 + size) fail(PROBLEMS.truncated)
  const width = old ? bytes.readUInt16LE(18) : bytes.readInt32LE(18)
  const signedHeight = old ? bytes.readUInt16LE(20) : bytes.readInt32LE(22)
  const height = Math.abs(signedHeight)
  const bits = bytes.readUInt16LE(old ? 24 : 28)
  const compression = old ? 0 : bytes.readUInt32LE(30)
  checkDimensions(width, height, limits)
  if (![1, 4, 8, 16, 24, 32].includes(bits) || ![0, 3, 6].includes(compression)) fail(unsupportedPixels(`BMP with ${bits} bits, compression ${compression}`))
  const masks = compression === 0 ? undefined : [54, 58, 62].map((at) => bytes.readUInt32LE(at))
  const entry = old ? 3 : 4
  const declared = old ? 0 : bytes.readUInt32LE(46)
  const colours = bits > 8 ? 0 : Math.min(declared === 0 ? 2 ** bits : declared, 2 ** bits)
  const at = 14 + size
  const palette = new Uint8Array(3 * 2 ** Math.min(bits, 8))
  for (let i = 0; i < colours && at + i * entry + 2 < bytes.length; i++) {
    palette.set([bytes[at + i * entry + 2] ?? 0, bytes[at + i * entry + 1] ?? 0, bytes[at + i * entry] ?? 0], i * 3)
  }
  return { width, height, topDown: signedHeight < 0, bits, start: bytes.readUInt32LE(10), palette, masks }
}

function isGrey(palette: Uint8Array): boolean {
  for (let i = 0; i < palette.length; i += 3) {
    if (palette[i] !== palette[i + 1] || palette[i] !== palette[i + 2]) return false
  }
  return true
}

function indexedRow(row: Buffer, out: Uint8Array, header: Header, channels: number): void {
  const mask = 2 ** header.bits - 1
  for (let x = 0; x < header.width; x++) {
    const bit = x * header.bits
    const index = ((row[bit >> 3] ?? 0) >> (8 - header.bits - (bit & 7))) & mask
    for (let channel = 0; channel < channels; channel++) out[x * channels + channel] = header.palette[index * 3 + channel] ?? 0
  }
}

const DEFAULT_MASKS: Readonly<Record<number, number[]>> = { 16: [0x7c00, 0x03e0, 0x001f], 32: [0xff0000, 0xff00, 0xff] }

function colourRow(row: Buffer, out: Uint8Array, header: Header): void {
  if (header.bits === 24) {
    for (let x = 0; x < header.width * 3; x += 3) {
      out[x] = row[x + 2] ?? 0
      out[x + 1] = row[x + 1] ?? 0
      out[x + 2] = row[x] ?? 0
    }
    return
  }
  const masks = (header.masks ?? DEFAULT_MASKS[header.bits] ?? []).map((mask) => ({ mask, shift: mask === 0 ? 0 : 31 - Math.clz32(mask & -mask) }))
  for (let x = 0; x < header.width; x++) {
    const value = header.bits === 16 ? row.readUInt16LE(x * 2) : row.readUInt32LE(x * 4)
    masks.forEach(({ mask, shift }, channel) => {
      const top = mask >>> shift
      out[x * 3 + channel] = top === 0 ? 0 : Math.round((((value & mask) >>> shift) * 255) / top)
    })
  }
}
