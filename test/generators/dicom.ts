import { deflateRawSync } from 'node:zlib'
import { encapsulated, elements, type Element, type Encoding } from './dicom-elements.js'
import { encodeRleFrame } from './dicom-rle.js'

/** Everything has a default: without options, a 64x48 16-bit CR film in explicit little endian. */
export type DicomOptions = {
  readonly transferSyntax?: string
  readonly sopClass?: string
  readonly sopInstanceUid?: string
  readonly modality?: string
  readonly columns?: number
  readonly rows?: number
  readonly frames?: number
  readonly samplesPerPixel?: 1 | 3
  readonly photometric?: string
  readonly planar?: 0 | 1
  readonly bitsAllocated?: 8 | 16 | 32
  readonly bitsStored?: number
  readonly highBit?: number
  readonly signed?: boolean
  /** Samples in storage order; the default is a diagonal ramp over the stored bits. */
  readonly pixels?: Uint8Array | Uint16Array | Int16Array
  /** Already compressed fragments of each frame, for the compressed syntaxes but RLE. */
  readonly encodedFrames?: readonly (readonly Uint8Array[])[]
  readonly basicOffsetTable?: boolean
  readonly patientName?: string | Uint8Array
  readonly patientId?: string
  readonly patientBirthDate?: string
  readonly patientSex?: string
  readonly patientAge?: string
  readonly studyDate?: string
  readonly bodyPart?: string
  readonly viewPosition?: string
  readonly laterality?: string
  readonly charset?: string
  readonly window?: readonly [number, number]
  readonly rescale?: readonly [slope: number, intercept: number]
  /** Further elements; one with a tag already there replaces it. */
  readonly extra?: readonly Element[]
  readonly preamble?: boolean
  readonly meta?: boolean
}

export const SYNTAX = {
  implicit: '1.2.840.10008.1.2', explicit: '1.2.840.10008.1.2.1', big: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99', rle: '1.2.840.10008.1.2.5'
} as const

export const CR_STORAGE = '1.2.840.10008.5.1.4.1.1.1'
const UNCOMPRESSED = new Set<string>([SYNTAX.implicit, SYNTAX.explicit, SYNTAX.big, SYNTAX.deflated])

type Shape = { columns: number; rows: number; frames: number; samples: number; allocated: number; stored: number }

function shapeOf(options: DicomOptions): Shape {
  const allocated = options.bitsAllocated ?? 16
  return {
    columns: options.columns ?? 64, rows: options.rows ?? 48, frames: options.frames ?? 1,
    samples: options.samplesPerPixel ?? 1, allocated, stored: options.bitsStored ?? (allocated === 16 ? 12 : allocated)
  }
}

/** A ramp along the diagonal that covers the stored range, the same in each frame and sample. */
export function rampPixels(options: DicomOptions = {}): Uint8Array | Uint16Array {
  const { columns, rows, frames, samples, allocated, stored } = shapeOf(options)
  const out = allocated === 8 ? new Uint8Array(columns * rows * samples * frames) : new Uint16Array(columns * rows * samples * frames)
  const top = 2 ** Math.min(stored, 16) - 1
  const last = Math.max(1, columns + rows - 2)
  for (let i = 0; i < out.length; i++) {
    const pixel = Math.floor(i / samples) % (columns * rows)
    out[i] = Math.round((top * ((pixel % columns) + Math.floor(pixel / columns))) / last)
  }
  return out
}

function identity(options: DicomOptions): Element[] {
  const text = (tag: number, vr: string, value: string | Uint8Array | undefined): Element[] => (value === undefined ? [] : [{ tag, vr, value }])
  return [
    ...text(0x00080005, 'CS', options.charset),
    ...text(0x00080016, 'UI', options.sopClass ?? CR_STORAGE),
    ...text(0x00080018, 'UI', options.sopInstanceUid ?? '2.25.4815162342'),
    ...text(0x00080020, 'DA', options.studyDate ?? '20250102'),
    ...text(0x00080060, 'CS', options.modality ?? 'CR'),
    ...text(0x00100010, 'PN', options.patientName ?? 'Phantom^Test'),
    ...text(0x00100020, 'LO', options.patientId ?? 'PHANTOM-1'),
    ...text(0x00100030, 'DA', options.patientBirthDate),
    ...text(0x00100040, 'CS', options.patientSex),
    ...text(0x00101010, 'AS', options.patientAge),
    ...text(0x00180015, 'CS', options.bodyPart),
    ...text(0x00185101, 'CS', options.viewPosition),
    ...text(0x0020000d, 'UI', '2.25.108'),
    ...text(0x0020000e, 'UI', '2.25.109'),
    ...text(0x00200062, 'CS', options.laterality)
  ]
}

function imageElements(options: DicomOptions): Element[] {
  const shape = shapeOf(options)
  const list: Element[] = [
    { tag: 0x00280002, vr: 'US', value: shape.samples },
    { tag: 0x00280004, vr: 'CS', value: options.photometric ?? (shape.samples === 3 ? 'RGB' : 'MONOCHROME2') },
    { tag: 0x00280010, vr: 'US', value: shape.rows },
    { tag: 0x00280011, vr: 'US', value: shape.columns },
    { tag: 0x00280100, vr: 'US', value: shape.allocated },
    { tag: 0x00280101, vr: 'US', value: shape.stored },
    { tag: 0x00280102, vr: 'US', value: options.highBit ?? shape.stored - 1 },
    { tag: 0x00280103, vr: 'US', value: options.signed ? 1 : 0 }
  ]
  if (shape.samples === 3) list.push({ tag: 0x00280006, vr: 'US', value: options.planar ?? 0 })
  if (shape.frames > 1) list.push({ tag: 0x00280008, vr: 'IS', value: String(shape.frames) })
  if (options.window) list.push({ tag: 0x00281050, vr: 'DS', value: String(options.window[0]) }, { tag: 0x00281051, vr: 'DS', value: String(options.window[1]) })
  if (options.rescale) list.push({ tag: 0x00281052, vr: 'DS', value: String(options.rescale[1]) }, { tag: 0x00281053, vr: 'DS', value: String(options.rescale[0]) })
  return list
}

const bytesOf = (pixels: Uint8Array | Uint16Array | Int16Array): Uint8Array => new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)

function rleFrames(options: DicomOptions, bytes: Uint8Array): Uint8Array[][] {
  const shape = shapeOf(options)
  const size = (shape.columns * shape.rows * shape.samples * shape.allocated) / 8
  return Array.from({ length: shape.frames }, (_, frame) => [encodeRleFrame(bytes.subarray(frame * size, (frame + 1) * size), shape.samples, shape.allocated / 8)])
}

function metaHeader(options: DicomOptions, syntax: string): Buffer {
  const body = elements([
    { tag: 0x00020001, vr: 'OB', value: Buffer.from([0, 1]) },
    { tag: 0x00020002, vr: 'UI', value: options.sopClass ?? CR_STORAGE },
    { tag: 0x00020003, vr: 'UI', value: options.sopInstanceUid ?? '2.25.4815162342' },
    { tag: 0x00020010, vr: 'UI', value: syntax },
    { tag: 0x00020012, vr: 'UI', value: '2.25.42' }
  ], { bigEndian: false, explicit: true })
  const length = elements([{ tag: 0x00020000, vr: 'UL', value: body.length }], { bigEndian: false, explicit: true })
  return Buffer.concat([length, body])
}

/** The data set alone, encoded in the transfer syntax, as it travels over C-STORE. */
export function makeDataSet(options: DicomOptions = {}): Buffer {
  const syntax = options.transferSyntax ?? SYNTAX.explicit
  const encoding: Encoding = { bigEndian: syntax === SYNTAX.big, explicit: syntax !== SYNTAX.implicit }
  const replaced = new Set((options.extra ?? []).map((element) => element.tag))
  const list = [...identity(options), ...imageElements(options)].filter((element) => !replaced.has(element.tag))
  const bytes = bytesOf(options.pixels ?? rampPixels(options))
  if (UNCOMPRESSED.has(syntax)) {
    const vr = shapeOf(options).allocated === 8 ? 'OB' : 'OW'
    const pixelData: Element[] = replaced.has(0x7fe00010) ? [] : [{ tag: 0x7fe00010, vr, value: bytes }]
    const all = elements([...list, ...(options.extra ?? []), ...pixelData], encoding)
    return syntax === SYNTAX.deflated ? deflateRawSync(all) : all
  }
  const frames = options.encodedFrames ?? rleFrames(options, bytes)
  return Buffer.concat([elements([...list, ...(options.extra ?? [])], encoding), encapsulated(frames, options.basicOffsetTable ?? true)])
}

/** A complete Part 10 file with synthetic pixels and an invented patient. */
export function makeDicom(options: DicomOptions = {}): Buffer {
  const preamble = options.preamble === false ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')])
  const meta = options.meta === false ? Buffer.alloc(0) : metaHeader(options, options.transferSyntax ?? SYNTAX.explicit)
  return Buffer.concat([preamble, meta, makeDataSet(options)])
}
