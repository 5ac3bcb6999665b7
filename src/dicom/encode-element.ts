import type { Encoding } from './data-set.js'
import { isLongVr } from './vr.js'

export type NewElement = { readonly tag: number; readonly vr: string; readonly value: Buffer }

/** One element with its header (PS3.5 7.1); the value has an even length already. */
export function element({ explicit, bigEndian }: Encoding, { tag, vr, value }: NewElement): Buffer {
  const long = explicit && isLongVr(vr)
  const head = Buffer.alloc(long ? 12 : 8)
  const put = (at: number, size: 2 | 4, number: number): void => {
    if (bigEndian) head.writeUIntBE(number, at, size)
    else head.writeUIntLE(number, at, size)
  }
  put(0, 2, tag >>> 16)
  put(2, 2, tag & 0xffff)
  if (explicit) head.write(vr, 4, 'latin1')
  if (!explicit) put(4, 4, value.length)
  else if (long) put(8, 4, value.length)
  else put(6, 2, value.length)
  return Buffer.concat([head, value])
}

/** One element in Implicit VR Little Endian, as of commands and identifiers. */
export const implicitElement = (tag: number, value: Buffer): Buffer => element({ explicit: false, bigEndian: false }, { tag, vr: '', value })

/** Text in UTF-8, padded to an even length as its VR wants. */
export function textValue(text: string, vr: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([vr === 'UI' ? 0 : 0x20])])
}

/** A sequence of items, each given as its elements' bytes, all of defined length. */
export function sequence(encoding: Encoding, tag: number, items: readonly Buffer[]): Buffer {
  const value = Buffer.concat(items.map((content) => element({ ...encoding, explicit: false }, { tag: 0xfffee000, vr: '', value: content })))
  return element(encoding, { tag, vr: 'SQ', value })
}
