import type { ContentKind } from '../../domain/image-content.js'

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const BMP_HEADER_SIZES = new Set([12, 40, 52, 56, 64, 108, 124])
const VR = /^(?:AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|OB|OD|OF|OL|OV|OW|PN|SH|SL|SQ|SS|ST|SV|TM|UC|UI|UL|UN|UR|US|UT|UV)$/

const startsWith = (head: Uint8Array, signature: readonly number[]): boolean => signature.every((byte, index) => head[index] === byte)

const latin1 = (head: Uint8Array, from: number, to: number): string => String.fromCharCode(...head.subarray(from, to))

function isBmp(head: Uint8Array): boolean {
  if (head.length < 26 || latin1(head, 0, 2) !== 'BM') return false
  return BMP_HEADER_SIZES.has(new DataView(head.buffer, head.byteOffset).getUint32(14, true))
}

/** A data set without preamble begins with a group 0002 or 0008 element of even, small length. */
function isBareDataSet(head: Uint8Array): boolean {
  if (head.length < 16) return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const bigEndian = view.getUint16(0, false) < view.getUint16(0, true)
  const group = view.getUint16(0, !bigEndian)
  const element = view.getUint16(2, !bigEndian)
  if (group !== 0x0002 && group !== 0x0008) return false
  if (VR.test(latin1(head, 4, 6))) return element < 0x3100
  return element < 0x3100 && view.getUint32(4, !bigEndian) <= 1024
}

/** What a file is by its first bytes (4096 are enough); undefined for what this appliance does not read. */
export function sniffContent(head: Uint8Array): ContentKind | undefined {
  if (head.length >= 132 && latin1(head, 128, 132) === 'DICM') return 'dicom'
  if (startsWith(head, [0xff, 0xd8, 0xff])) return 'jpeg'
  if (startsWith(head, PNG)) return 'png'
  if (startsWith(head, [0x49, 0x49, 0x2a, 0]) || startsWith(head, [0x4d, 0x4d, 0, 0x2a])) return 'tiff'
  if (startsWith(head, [0x49, 0x49, 0x2b, 0]) || startsWith(head, [0x4d, 0x4d, 0, 0x2b])) return 'tiff'
  if (isBmp(head)) return 'bmp'
  if (latin1(head, 0, 4) === 'DICM' || isBareDataSet(head)) return 'dicom'
  return undefined
}
