import { decodeText } from './character-sets.js'

export type Encoding = { readonly explicit: boolean; readonly bigEndian: boolean }

/** Where one element's value lies; `length` is what is there, `declared` what the header said (0xffffffff: undefined). */
export type RawElement = { readonly tag: number; readonly vr: string; readonly offset: number; readonly length: number; readonly declared: number; readonly items?: readonly DataSet[] }

/** No attribute read here is longer; a damaged length must not become a hundred megabytes of text or numbers. */
const MAX_TEXT_BYTES = 64 * 1024
const MAX_NUMBERS = 4096

const WIDTH: Readonly<Record<string, number>> = { US: 2, SS: 2, OW: 2, UL: 4, SL: 4, AT: 4, OL: 4, FL: 4, OF: 4, FD: 8, OD: 8, OV: 8, UV: 8, OB: 1 }

/** The elements of a data set or of a sequence's item, by tag (`0xggggeeee`); values are read when asked for. */
export class DataSet {
  readonly elements = new Map<number, RawElement>()

  constructor(readonly bytes: Buffer, readonly encoding: Encoding, private readonly parent?: DataSet) {}

  has(tag: number): boolean {
    return this.elements.has(tag)
  }

  /** The raw value bytes (a view), empty when absent. */
  raw(tag: number): Buffer {
    const element = this.elements.get(tag)
    return element ? this.bytes.subarray(element.offset, element.offset + element.length) : Buffer.alloc(0)
  }

  /** Specific Character Set in force: an item inherits its parent's (PS3.5 7.5.3). */
  characterSets(): string[] {
    const own = this.raw(0x00080005).subarray(0, 256)
    if (own.length > 0) return own.toString('latin1').replaceAll('\0', '').split('\\').map((term) => term.trim())
    return this.parent?.characterSets() ?? []
  }

  /** The whole text value without padding, or undefined when absent or empty. */
  text(tag: number): string | undefined {
    const value = decodeText(this.raw(tag).subarray(0, MAX_TEXT_BYTES), this.characterSets()).replaceAll('\0', '').trim()
    return value === '' ? undefined : value
  }

  /** Values of a text attribute that is made of ASCII (CS, UI, DS...). */
  strings(tag: number): string[] {
    const value = this.raw(tag).subarray(0, MAX_TEXT_BYTES).toString('latin1').replaceAll('\0', '').trim()
    return value === '' ? [] : value.split('\\').map((part) => part.trim())
  }

  /** Numbers, binary or decimal text; what is not a number is left out. */
  numbers(tag: number): number[] {
    const element = this.elements.get(tag)
    if (!element) return []
    const width = WIDTH[element.vr]
    if (width === undefined) return this.strings(tag).map((part) => Number.parseFloat(part.replace(',', '.'))).filter((value) => Number.isFinite(value))
    return Array.from({ length: Math.min(MAX_NUMBERS, Math.floor(element.length / width)) }, (_, index) => this.binary(element, index * width))
  }

  number(tag: number): number | undefined {
    return this.numbers(tag)[0]
  }

  private binary(element: RawElement, at: number): number {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + element.offset, element.length)
    const little = !this.encoding.bigEndian
    switch (element.vr) {
      case 'SS': return view.getInt16(at, little)
      case 'SL': return view.getInt32(at, little)
      case 'UL': case 'AT': case 'OL': return view.getUint32(at, little)
      case 'FL': case 'OF': return view.getFloat32(at, little)
      case 'FD': case 'OD': return view.getFloat64(at, little)
      case 'OV': case 'UV': return Number(view.getBigUint64(at, little))
      case 'OB': return view.getUint8(at)
      default: return view.getUint16(at, little)
    }
  }
}
