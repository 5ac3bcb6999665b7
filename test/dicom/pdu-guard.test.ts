import { describe, expect, it } from 'vitest'
import { PduGuard } from '../../src/dicom/pdu-guard.js'
import { COMMAND, dataHead, encodeCommand } from '../../src/dicom/upper-layer/message.js'
import { PDU, pdu } from '../../src/dicom/upper-layer/pdu.js'

const MB = 1024 * 1024
const command = (field: number): Buffer => {
  const bytes = encodeCommand({ 0x0002: '1.2.840.10008.5.1.4.31', 0x0100: field, 0x0110: 1 }, true)
  return Buffer.concat([dataHead(1, bytes.length, { isCommand: true, isLast: true }), bytes])
}
const data = (bytes: number, isLast = false): Buffer => Buffer.concat([dataHead(1, bytes, { isCommand: false, isLast }), Buffer.alloc(bytes)])
const many = (guard: PduGuard, pdus: Iterable<Buffer>): boolean => [...pdus].every((each) => guard.accepts(each))
function* times(count: number, one: Buffer): Generator<Buffer> { for (let i = 0; i < count; i++) yield one }

describe('the PDU guard', () => {
  it('follows heads over any cutting of the stream', () => {
    const whole = Buffer.concat([pdu(PDU.associateRequest, Buffer.alloc(200)), command(COMMAND.findRequest), data(300), data(77, true), command(COMMAND.storeRequest), data(1000, true), pdu(PDU.releaseRequest, Buffer.alloc(4))])
    const guard = new PduGuard()
    for (const byte of Buffer.concat([whole, whole])) expect(guard.accepts(Uint8Array.of(byte))).toBe(true)
    expect(guard.accepts(Buffer.from([4, 0, 0x7f]))).toBe(true)
    expect(guard.accepts(Buffer.from([0, 0, 0]))).toBe(false)
  })

  it('lets an image be as large as it is, and one after another', () => {
    const guard = new PduGuard()
    for (let image = 0; image < 3; image++) expect(many(guard, [command(COMMAND.storeRequest), ...times(60, data(MB / 2)), data(10, true)])).toBe(true)
  })

  it.each([['a query', COMMAND.findRequest], ['a promise', COMMAND.eventRequest], ['what nobody knows', 0x7777]])('lets %s have half a megabyte, as often as it comes, and not more', (_, field) => {
    const guard = new PduGuard()
    const first = [command(field), ...times(15, data(MB / 32)), data(10, true)]
    expect(many(guard, [...first, ...first])).toBe(true)
    expect(many(guard, [command(field), ...times(17, data(MB / 32))])).toBe(false)
  })

  it('lets no command grow without end, and none that names itself an image first and a query last or in hiding', () => {
    const fragment = Buffer.concat([dataHead(1, 1000, { isCommand: true, isLast: false }), Buffer.alloc(1000)])
    expect(many(new PduGuard(), times(60, fragment))).toBe(true)
    expect(many(new PduGuard(), times(70, fragment))).toBe(false)
    const [first, last] = [COMMAND.storeRequest, COMMAND.findRequest].map((field) => encodeCommand({ 0x0100: field }, true)) as [Buffer, Buffer]
    const sequence = Buffer.from('09001010fffffffffeffdde000000000', 'hex')
    for (const between of [Buffer.alloc(0), sequence]) {
      const both = Buffer.concat([first, between, last])
      expect(many(new PduGuard(), [Buffer.concat([dataHead(1, both.length, { isCommand: true, isLast: true }), both]), ...times(3, data(MB / 2))])).toBe(false)
    }
  })

  it('refuses a fragment that does not fit its PDU, or a head that is cut', () => {
    const [tooLong, cut] = [data(100), pdu(PDU.data, Buffer.alloc(3))]
    tooLong.writeUInt32BE(200, 6)
    expect(new PduGuard().accepts(tooLong)).toBe(false)
    expect(new PduGuard().accepts(cut)).toBe(false)
  })
})
