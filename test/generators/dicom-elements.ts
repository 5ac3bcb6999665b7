/** Values of one element of a generated object; `Uint8Array` is written as it stands, items make a sequence. */
export type ElementValue = string | number | readonly number[] | Uint8Array | readonly Element[][]
export type Element = { readonly tag: number; readonly vr: string; readonly value: ElementValue; readonly undefinedLength?: boolean }
export type Encoding = { readonly bigEndian: boolean; readonly explicit: boolean }

const LONG_VRS = new Set(['OB', 'OW', 'OF', 'OD', 'OL', 'OV', 'SQ', 'UC', 'UN', 'UR', 'UT', 'SV', 'UV'])
const NUMBER_BYTES: Record<string, number> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, AT: 4 }

const u16 = (value: number, big: boolean): Buffer => {
  const bytes = Buffer.alloc(2)
  if (big) bytes.writeUInt16BE(value & 0xffff)
  else bytes.writeUInt16LE(value & 0xffff)
  return bytes
}

const u32 = (value: number, big: boolean): Buffer => {
  const bytes = Buffer.alloc(4)
  if (big) bytes.writeUInt32BE(value >>> 0)
  else bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function numbers(vr: string, values: readonly number[], big: boolean): Buffer {
  return Buffer.concat(values.map((value) => {
    if (vr === 'FL' || vr === 'FD') {
      const bytes = Buffer.alloc(NUMBER_BYTES[vr] ?? 8)
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      if (vr === 'FL') view.setFloat32(0, value, !big)
      else view.setFloat64(0, value, !big)
      return bytes
    }
    if (vr === 'AT') return Buffer.concat([u16(value >>> 16, big), u16(value, big)])
    return NUMBER_BYTES[vr] === 4 ? u32(value, big) : u16(value, big)
  }))
}

function swapped16(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes).swap16()
}

function valueBytes(element: Element, encoding: Encoding): Buffer {
  const { value, vr } = element
  if (typeof value === 'string') return Buffer.from(value, 'latin1')
  if (typeof value === 'number') return numbers(vr, [value], encoding.bigEndian)
  if (value instanceof Uint8Array) return vr === 'OW' && encoding.bigEndian ? swapped16(value) : Buffer.from(value)
  if (vr === 'SQ') {
    return Buffer.concat((value as readonly Element[][]).map((item) => {
      const body = elements(item, encoding)
      const length = element.undefinedLength ? 0xffffffff : body.length
      const end = element.undefinedLength ? Buffer.concat([tagBytes(0xfffee00d, encoding.bigEndian), u32(0, encoding.bigEndian)]) : Buffer.alloc(0)
      return Buffer.concat([tagBytes(0xfffee000, encoding.bigEndian), u32(length, encoding.bigEndian), body, end])
    }))
  }
  return numbers(vr, value as readonly number[], encoding.bigEndian)
}

const tagBytes = (tag: number, big: boolean): Buffer => Buffer.concat([u16(tag >>> 16, big), u16(tag, big)])

function elementBytes(element: Element, encoding: Encoding): Buffer {
  const raw = valueBytes(element, encoding)
  const padding = element.vr === 'UI' || LONG_VRS.has(element.vr) ? 0 : 0x20
  const body = raw.length % 2 === 0 ? raw : Buffer.concat([raw, Buffer.from([padding])])
  const length = u32(element.undefinedLength ? 0xffffffff : body.length, encoding.bigEndian)
  const head = [tagBytes(element.tag, encoding.bigEndian)]
  if (!encoding.explicit) head.push(length)
  else if (LONG_VRS.has(element.vr)) head.push(Buffer.from(element.vr), Buffer.alloc(2), length)
  else head.push(Buffer.from(element.vr), u16(body.length, encoding.bigEndian))
  const end = element.undefinedLength && element.vr === 'SQ'
    ? [tagBytes(0xfffee0dd, encoding.bigEndian), u32(0, encoding.bigEndian)] : []
  return Buffer.concat([...head, body, ...end])
}

/** The elements in tag order, encoded. */
export function elements(list: readonly Element[], encoding: Encoding): Buffer {
  return Buffer.concat([...list].sort((a, b) => a.tag - b.tag).map((element) => elementBytes(element, encoding)))
}

/** Encapsulated Pixel Data (PS3.5 A.4): an offset table item, the fragments, the delimiter. */
export function encapsulated(frames: readonly (readonly Uint8Array[])[], basicOffsetTable: boolean): Buffer {
  const item = (bytes: Uint8Array): Buffer => Buffer.concat([tagBytes(0xfffee000, false), u32(bytes.length + (bytes.length % 2), false), bytes, Buffer.alloc(bytes.length % 2)])
  const encoded = frames.map((fragments) => Buffer.concat(fragments.map(item)))
  let offset = 0
  const offsets = encoded.map((frame) => {
    const at = offset
    offset += frame.length
    return u32(at, false)
  })
  const table = item(basicOffsetTable ? Buffer.concat(offsets) : Buffer.alloc(0))
  const head = Buffer.concat([tagBytes(0x7fe00010, false), Buffer.from('OB'), Buffer.alloc(2), u32(0xffffffff, false)])
  return Buffer.concat([head, table, ...encoded, tagBytes(0xfffee0dd, false), u32(0, false)])
}
