import { encodeFrame } from '../../../src/devices/serial-digitizer/framing.js'
import { encodeKeys } from '../../../src/dicom/find-scu.js'
import { renderDocument } from '../../../src/store/durable-document.js'
import { renderLine } from '../../../src/store/journal-line.js'
import { SYNTAX, makeDicom } from '../../../test/generators/dicom.js'
import { bmpFile, bombPng, jpegFile, png16File, pngFile, tiff16File, tiffFile } from '../../../test/generators/images.js'
import { deepChestPhantom } from '../../../src/phantoms/chest.js'
import { fundusPhantom } from '../../../src/phantoms/fundus.js'

/** Well-formed inputs to start from, all generated. */
export function dicomSeeds(): Buffer[] {
  const small = { columns: 24, rows: 20 }
  return [
    ...[SYNTAX.implicit, SYNTAX.explicit, SYNTAX.big, SYNTAX.deflated, SYNTAX.rle].map((transferSyntax) => makeDicom({ ...small, transferSyntax })),
    makeDicom({ ...small, samplesPerPixel: 3, bitsAllocated: 8 }), makeDicom({ ...small, frames: 3 }), makeDicom({ ...small, preamble: false, meta: false }),
    makeDicom({ ...small, bitsAllocated: 32, window: [100, 50], rescale: [2, -5] }), makeDicom({ ...small, charset: 'ISO 2022 IR 87', patientName: 'Yamada^Tarou' })
  ]
}

export async function pictureSeeds(): Promise<Buffer[]> {
  const small = fundusPhantom({ seed: 1, width: 48, height: 40 })
  const deep = deepChestPhantom({ seed: 1, width: 40, height: 48, bitsStored: 16 })
  return [bmpFile(small), bombPng(), ...await Promise.all([jpegFile(small), jpegFile(small, { orientation: 6 }), pngFile(small), tiffFile(small), tiff16File(deep), png16File(deep)])]
}

export const frameSeeds = (): Buffer[] => [
  encodeFrame(0x81, 1, Buffer.from('identity')), encodeFrame(0x84, 2, Buffer.alloc(2060, 7)), encodeFrame(0x80, 0xffff),
  Buffer.concat([encodeFrame(0x84, 3, Buffer.alloc(300, 0xa5)), encodeFrame(0x84, 3, Buffer.alloc(300, 0x5a))])
]

const field = (tag: number, body: Buffer): Buffer => { const head = Buffer.from([tag, 0, 0, 0]); head.writeUInt16BE(body.length, 2); return Buffer.concat([head, body]) }
const pdu = (type: number, body: Buffer): Buffer => { const head = Buffer.from([type, 0, 0, 0, 0, 0]); head.writeUInt32BE(body.length, 2); return Buffer.concat([head, body]) }
const element = (tag: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt16LE(tag >>> 16, 0)
  head.writeUInt16LE(tag & 0xffff, 2)
  head.writeUInt32LE(value.length, 4)
  return Buffer.concat([head, value])
}
const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8])

/** Association request, a command, release: PS3.8 section 9.3, PS3.7 section 9.3. */
function conversation(command: Buffer, dataSet?: Buffer, sopClass = dataSet ? '1.2.840.10008.5.1.4.1.1.1' : '1.2.840.10008.1.1'): Buffer {
  const text = (value: string): Buffer => Buffer.from(value, 'latin1')
  const context = field(0x20, Buffer.concat([Buffer.from([1, 0, 0, 0]), field(0x30, text(sopClass)), field(0x40, text(SYNTAX.implicit))]))
  const user = field(0x50, Buffer.concat([field(0x51, Buffer.from([0, 0, 0x40, 0])), field(0x52, text('2.25.42'))]))
  const request = pdu(1, Buffer.concat([Buffer.from([0, 1, 0, 0]), text('SCREENPOST      FUZZ            '), Buffer.alloc(32), field(0x10, text('1.2.840.10008.3.1.1.1')), context, user]))
  const value = (bytes: Buffer, flags: number): Buffer => { const head = Buffer.alloc(6); head.writeUInt32BE(bytes.length + 2); head[4] = 1; head[5] = flags; return pdu(4, Buffer.concat([head, bytes])) }
  return Buffer.concat([request, value(command, 3), ...(dataSet ? [value(dataSet, 2)] : []), pdu(5, Buffer.alloc(4))])
}

function commandSet(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([element(0x00000000, length), body])
}

export function pduSeeds(): Buffer[] {
  const uid = (text: string): Buffer => Buffer.from(text.length % 2 ? `${text}\0` : text)
  const echo = commandSet([element(0x00000002, uid('1.2.840.10008.1.1')), element(0x00000100, u16(0x0030)), element(0x00000110, u16(1)), element(0x00000800, u16(0x0101))])
  const store = commandSet([element(0x00000002, uid('1.2.840.10008.5.1.4.1.1.1')), element(0x00000100, u16(1)), element(0x00000110, u16(2)), element(0x00000700, u16(0)), element(0x00000800, u16(1)), element(0x00001000, uid('2.25.77'))])
  const dataSet = Buffer.concat([element(0x00080016, uid('1.2.840.10008.5.1.4.1.1.1')), element(0x00080018, uid('2.25.77')), element(0x00100010, uid('Fuzz^Made'))])
  const named = (sopClass: string, field: number, more: readonly Buffer[] = []): Buffer => commandSet([element(0x00000002, uid(sopClass)), element(0x00000100, u16(field)), element(0x00000110, u16(3)), element(0x00000800, u16(1)), element(0x00001000, uid('2.25.78')), ...more])
  const [worklist, step, promise] = ['1.2.840.10008.5.1.4.31', '1.2.840.10008.3.1.2.3.3', '1.2.840.10008.1.20.1']
  const wanted = encodeKeys({ 0x00100010: 'Oti*', 0x00100020: '', 0x00400100: { 0x00080060: 'OP', 0x00400002: '20260301-20260308' } })
  const begun = encodeKeys({ 0x00100020: 'C-0042', 0x00400252: 'IN PROGRESS', 0x00400270: { 0x0020000d: '2.25.3' } })
  const kept = encodeKeys({ 0x00081195: '2.25.5', 0x00081199: { 0x00081150: '1.2.840.10008.5.1.4.1.1.7', 0x00081155: '2.25.7' } })
  return [
    conversation(echo), conversation(store, dataSet), conversation(named(worklist, 0x0020), wanted, worklist), conversation(named(step, 0x0140), begun, step), conversation(named(step, 0x0120), begun, step),
    conversation(named(promise, 0x0100, [element(0x00001002, u16(1))]), kept, promise)
  ]
}

export const documentSeeds = (): Buffer[] => [
  Buffer.from(renderDocument({ id: '20260301-0123ABCD', revision: 3, questions: [], history: [{ at: 'now', event: 'received' }] })),
  Buffer.from(renderLine({ touch: '20260301-0123ABCD' }) + renderLine({ sync: [] }))
]

export const jsonSeeds = (): Buffer[] => [
  Buffer.from('{"name":"Phantom","ageYears":50,"sex":"F","village":"x"}'), Buffer.from('{"action":"change","triage":{"level":"soon","text":"x"},"reason":"y","revision":1}'),
  Buffer.from('{"patientId":null,"revision":2}'), Buffer.from('{"text":"pha","limit":20}'), Buffer.from(`${'['.repeat(5000)}${']'.repeat(5000)}`), Buffer.from('{"__proto__":{"a":1},"constructor":1}')
]

export const formSeeds = (): Buffer[] => [
  'user=nurse&pin=582913&next=%2Fstudies', 'firstLoginPin=1234&admin-id=amina&admin-name=Amina&admin-pin=739164&nurse-id=&nurse-name=&nurse-pin=',
  'name=Phantom&ageYears=50&sex=F&village=%F0%9F%98%80&consent=on', 'at=1795000000000&_csrf=x', 'action=change&level=soon&text=a&reason=b&revision=1&__proto__[a]=1&a[]=1&a[]=2', `a=${'%41'.repeat(5000)}`
].map((text) => Buffer.from(text))

/** As a PACS would answer: an acceptance, a rejection, a release, an echo's answer. */
export function answerSeeds(): Buffer[] {
  const unit = (type: number, body: Buffer): Buffer => { const head = Buffer.alloc(6); head[0] = type; head.writeUInt32BE(body.length, 2); return Buffer.concat([head, body]) }
  const part = (type: number, ...inner: Buffer[]): Buffer => { const body = Buffer.concat(inner); const head = Buffer.from([type, 0, 0, 0]); head.writeUInt16BE(body.length, 2); return Buffer.concat([head, body]) }
  const accept = unit(2, Buffer.concat([Buffer.alloc(68), part(0x10, Buffer.from('1.2.840.10008.3.1.1.1')), part(0x21, Buffer.from([1, 0, 0, 0]), part(0x40, Buffer.from('1.2.840.10008.1.2'))), part(0x50, part(0x51, Buffer.from([0, 0, 0x40, 0])))]))
  const answer = commandSet([element(0x00000002, Buffer.from('1.2.840.10008.1.1\0')), element(0x00000100, u16(0x8030)), element(0x00000120, u16(1)), element(0x00000800, u16(0x0101)), element(0x00000900, u16(0))])
  const head = Buffer.alloc(6)
  head.writeUInt32BE(answer.length + 2)
  head[4] = 1
  head[5] = 3
  return [Buffer.concat([accept, unit(4, Buffer.concat([head, answer])), unit(6, Buffer.alloc(4))]), unit(3, Buffer.from([0, 1, 1, 7])), unit(7, Buffer.from([0, 0, 2, 1]))]
}

export const BOUNDARY = 'xFuzzBoundary'
export const multipartSeeds = (): Buffer[] => ['eye.bmp', '../../etc/x', '\u{1f600}.jpg'].map((name) => Buffer.concat([
  Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="laterality"\r\n\r\nL\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: image/bmp\r\n\r\n`),
  bmpFile(fundusPhantom({ seed: 2, width: 12, height: 10 })), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)
]))
