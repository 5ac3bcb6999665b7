import { crc32 } from 'node:zlib'

/** The frames of docs/serial-digitizer.md, written from the document and not from the host's code: each tests the other. */
export const COMMAND = { identify: 0x01, status: 0x02, scan: 0x03, abort: 0x04, resume: 0x05, ack: 0x06, nak: 0x07, taken: 0x08 } as const
export const ANSWER = { ok: 0x80, identity: 0x81, state: 0x82, scanHeader: 0x83, line: 0x84, refused: 0x8f } as const

export type Command = { readonly type: number; readonly tag: number; readonly payload: Buffer }

/** One frame for the line. */
export function frame(type: number, tag: number, ...parts: Uint8Array[]): Buffer {
  const payload = Buffer.concat(parts)
  const head = Buffer.from([0xa5, 0x5a, type, 0, tag & 0xff, tag >> 8, payload.length & 0xff, payload.length >> 8])
  return Buffer.concat([head, u32(crc32(head)), payload, u32(crc32(Buffer.concat([head, payload])))])
}

export const u16 = (value: number): Buffer => { const bytes = Buffer.alloc(2); bytes.writeUInt16LE(value); return bytes }
export const u32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); return bytes }
/** A length byte and UTF-8, cut to 255 bytes. */
export const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf8').subarray(0, 255)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

const LONGEST_COMMAND = 4096

/** Commands among the bytes so far, and the bytes that may begin the next one. A host's frames are short, so copying them costs nothing. */
export function takeCommands(bytes: Buffer): { readonly commands: Command[]; readonly rest: Buffer } {
  const commands: Command[] = []
  let at = 0
  while (at + 16 <= bytes.length) {
    const length = bytes.readUInt16LE(at + 6)
    const validHead = bytes[at] === 0xa5 && bytes[at + 1] === 0x5a && length <= LONGEST_COMMAND && crc32(bytes.subarray(at, at + 8)) === bytes.readUInt32LE(at + 8)
    if (!validHead) { at += 1; continue }
    const end = at + 12 + length
    if (end + 4 > bytes.length) break
    if (crc32(Buffer.concat([bytes.subarray(at, at + 8), bytes.subarray(at + 12, end)])) !== bytes.readUInt32LE(end)) { at += 1; continue }
    commands.push({ type: bytes[at + 2]!, tag: bytes.readUInt16LE(at + 4), payload: Buffer.from(bytes.subarray(at + 12, end)) })
    at = end + 4
  }
  return { commands, rest: bytes.subarray(at) }
}

/** The ranges of RESUME and NAK, from the count byte on. */
export function readRanges(payload: Buffer, at: number): { readonly first: number; readonly count: number }[] {
  return Array.from({ length: payload[at] ?? 0 }, (_, index) => ({ first: payload.readUInt32LE(at + 1 + 8 * index), count: payload.readUInt32LE(at + 5 + 8 * index) }))
}
