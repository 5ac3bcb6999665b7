import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION } from './uids.js'

export type MetaFields = {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly transferSyntaxUid: string
  readonly sourceAeTitle?: string
}

function element(number: number, vr: string, value: Buffer): Buffer {
  const long = vr === 'OB'
  const head = Buffer.alloc(long ? 12 : 8)
  head.writeUInt16LE(0x0002, 0)
  head.writeUInt16LE(number, 2)
  head.write(vr, 4, 'latin1')
  if (long) head.writeUInt32LE(value.length, 8)
  else head.writeUInt16LE(value.length, 6)
  return Buffer.concat([head, value])
}

const padded = (text: string, padding: number): Buffer => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(text.length % 2, padding)])

/** Preamble, `DICM` and our meta header (PS3.10 7.1): what precedes a data set in a file. */
export function metaHeader(fields: MetaFields): Buffer {
  const body = Buffer.concat([
    element(0x0001, 'OB', Buffer.from([0, 1])),
    element(0x0002, 'UI', padded(fields.sopClassUid, 0)),
    element(0x0003, 'UI', padded(fields.sopInstanceUid, 0)),
    element(0x0010, 'UI', padded(fields.transferSyntaxUid, 0)),
    element(0x0012, 'UI', padded(IMPLEMENTATION_CLASS_UID, 0)),
    element(0x0013, 'SH', padded(IMPLEMENTATION_VERSION, 0x20)),
    ...(fields.sourceAeTitle ? [element(0x0016, 'AE', padded(fields.sourceAeTitle.slice(0, 16), 0x20))] : [])
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(0x0000, 'UL', length), body])
}

/** A Part 10 file: our meta header and the data set's bytes as they are. */
export function writePart10(dataSet: Uint8Array, fields: MetaFields): Buffer {
  return Buffer.concat([metaHeader(fields), dataSet])
}
