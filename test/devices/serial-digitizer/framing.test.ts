import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../src/devices/serial-digitizer/framing.js'
import { FrameDecoder, MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES, encodeFrame } from '../../../src/devices/serial-digitizer/framing.js'

/** Feeds the bytes in pieces of the given sizes, in turn; frames are copied out as they come. */
function decode(decoder: FrameDecoder, bytes: Buffer, pieces: readonly number[] = [4095]): Frame[] {
  const found: Frame[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const { buffer, offset, length } = decoder.space()
    const count = Math.min(length, Math.max(1, pieces[turn % pieces.length] ?? 1), bytes.length - at)
    bytes.copy(buffer, offset, at, at + count)
    found.push(...copies(decoder.received(count)))
    at += count
  }
  return found
}

const copies = (frames: readonly Frame[]): Frame[] => frames.map(({ type, tag, payload }) => ({ type, tag, payload: Buffer.from(payload) }))
const bytesOf = ({ type, tag, payload }: Frame): Buffer => encodeFrame(type, tag, payload)

const frames = fc.record({ type: fc.integer({ min: 0, max: 255 }), tag: fc.integer({ min: 0, max: 65_535 }), payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) })
const garbage = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const pieces = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 })

describe('frames', () => {
  it('come back as they went, however the bytes are split', () => {
    fc.assert(fc.property(fc.array(frames, { maxLength: 20 }), pieces, (sent, sizes) => {
      expect(decode(new FrameDecoder(), Buffer.concat(sent.map(bytesOf)), sizes)).toEqual(sent)
    }))
  })

  it('are found between any garbage once the line has paused, and nothing else is', () => {
    fc.assert(fc.property(fc.array(fc.tuple(garbage, frames), { maxLength: 12 }), pieces, (parts, sizes) => {
      const decoder = new FrameDecoder()
      const found = decode(decoder, Buffer.concat(parts.flatMap(([noise, sent]) => [noise, bytesOf(sent)])), sizes)
      expect([...found, ...copies(decoder.expire())]).toEqual(parts.map(([, sent]) => sent))
    }))
  })

  it('that were damaged, cut or doubled never yield a frame that was not sent, and those after them are found', () => {
    const damage = fc.record({ frame: fc.nat(), at: fc.nat(), flip: fc.integer({ min: 1, max: 255 }), remove: fc.integer({ min: 0, max: 40 }) })
    fc.assert(fc.property(fc.array(frames, { minLength: 1, maxLength: 12 }), fc.array(damage, { maxLength: 6 }), pieces, (sent, accidents, sizes) => {
      const bytes = sent.map(bytesOf)
      const hit = new Set<number>()
      for (const { frame, at, flip, remove } of accidents) {
        const index = frame % sent.length
        if (hit.has(index)) continue
        hit.add(index)
        const whole = bytes[index]!
        whole[at % whole.length]! ^= flip
        bytes[index] = Buffer.concat([whole.subarray(0, at % whole.length), whole.subarray(at % whole.length + remove)])
      }
      const decoder = new FrameDecoder()
      const found = [...decode(decoder, Buffer.concat(bytes), sizes), ...copies(decoder.expire())]
      const intact = sent.filter((_, index) => !hit.has(index))
      // Where a lost byte equals the next frame's first one, the damaged frame is whole again and the next one is the damaged one.
      expect(found.length).toBeGreaterThanOrEqual(intact.length)
      const everSent = new Set(sent.map((each) => bytesOf(each).toString('hex')))
      expect(found.every((each) => everSent.has(bytesOf(each).toString('hex')))).toBe(true)
    }), { numRuns: 300 })
  })

  it('of the largest size pass through a buffer of fixed size, whatever came before', () => {
    const decoder = new FrameDecoder(1)
    const size = decoder.space().buffer.length
    expect(size).toBe(2 * MAX_FRAME_BYTES)
    const largest = encodeFrame(0x84, 0, Buffer.alloc(MAX_PAYLOAD_BYTES, 0xa5))
    const noise = Buffer.alloc(MAX_FRAME_BYTES, 0xa5)
    for (let round = 0; round < 20; round++) {
      const found = [...decode(decoder, Buffer.concat([noise.subarray(0, round * 1000), largest])), ...decoder.expire()]
      expect(found.map(({ payload }) => payload.length)).toEqual([MAX_PAYLOAD_BYTES])
    }
    expect(decoder.space().buffer.length).toBe(size)
  })

  it('are views of the one buffer: no payload is copied', () => {
    const decoder = new FrameDecoder()
    const { buffer, offset } = decoder.space()
    const bytes = encodeFrame(0x84, 0, Buffer.from('samples'))
    bytes.copy(buffer, offset)
    expect(decoder.received(bytes.length)[0]!.payload.buffer).toBe(buffer.buffer)
  })

  it('with a truncated one before them come out when the line has paused', () => {
    const decoder = new FrameDecoder()
    const begun = encodeFrame(0x84, 0, Buffer.alloc(5000)).subarray(0, 700)
    const after = { type: 0x82, tag: 7, payload: Buffer.from([1, 2, 3]) }
    expect(decode(decoder, Buffer.concat([begun, bytesOf(after)]))).toEqual([])
    expect(decoder.partial).toBe(true)
    expect(copies(decoder.expire())).toEqual([after])
    expect(decoder.partial).toBe(false)
  })

  it('with a payload over the limit are refused by whoever would send them', () => {
    expect(() => encodeFrame(1, 1, Buffer.alloc(MAX_PAYLOAD_BYTES + 1))).toThrow(RangeError)
  })
})
