import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { requestCommitment } from '../../../src/dicom/commitment.js'
import { commitmentRequest } from '../../../src/dicom/commitment-data.js'
import { encodeKeys, find, STUDY_ROOT_FIND } from '../../../src/dicom/find-scu.js'
import { askWorklist } from '../../../src/dicom/find-scu-worklist.js'
import { getObject } from '../../../src/dicom/get-scu.js'
import { writePart10 } from '../../../src/dicom/meta-header.js'
import { readReport } from '../../../src/dicom/read-report.js'
import { TRANSFER_SYNTAX } from '../../../src/dicom/uids.js'
import { PDU, pdu } from '../../../src/dicom/upper-layer/pdu.js'
import type { Command } from '../../../src/dicom/upper-layer/message.js'
import { COMMAND, dataHead, ELEMENT, encodeCommand } from '../../../src/dicom/upper-layer/message.js'
import type { Random } from '../random.js'
import { makeInput } from './mutate.js'
import { dicomSeeds } from './seeds.js'
import type { Target } from './targets.js'

/** One message of a peer on a context. */
type Said = { readonly command: Command; readonly dataSet?: Buffer; readonly contextId?: number }

export function bytesOf({ command, dataSet, contextId = 1 }: Said): Buffer {
  const encoded = encodeCommand(command, dataSet !== undefined)
  const head = dataHead(contextId, encoded.length, { isCommand: true, isLast: true })
  return Buffer.concat([head, encoded, ...(dataSet ? [dataHead(contextId, dataSet.length, { isCommand: false, isLast: true }), dataSet] : [])])
}

const IMAGE = '1.2.840.10008.5.1.4.1.1.7'
const NAMED = { sopClassUid: IMAGE, sopInstanceUid: '2.25.7' }
const answer = (field: number, status: number): Command => ({ [ELEMENT.commandField]: field, [ELEMENT.respondedMessageId]: 1, [ELEMENT.status]: status })

/** Somebody on the centre's worklist (PS3.4 annex K), once plainly and once in several scripts. */
const EXPECTED = ['Otieno^Asha', 'Yamada^Tarou=\u5c71\u7530^\u592a\u90ce', '\u202e^'].map((name) => encodeKeys({
  0x00080005: 'ISO_IR 192', 0x00080050: 'A-17', 0x00100010: name, 0x00100020: 'C-0042', 0x00100030: '19610517', 0x00100040: 'F', 0x0020000d: '2.25.99', 0x00321060: 'Retina both eyes',
  0x00400100: { 0x00080060: 'OP', 0x00400002: '20260302', 0x00400003: '0915', 0x00400007: 'Fundus photograph' }
}))
const dataSets = (): Buffer[] => [...EXPECTED, commitmentRequest('2.25.5', [NAMED, { ...NAMED, sopInstanceUid: '2.25.8' }]), ...dicomSeeds().map((file) => file.subarray(132))]

/** What a PACS or the centre says after it has accepted: each as the standard has it. */
export const conversations = (): Said[][] => [
  [...EXPECTED.map((dataSet) => ({ command: answer(0x8020, 0xff00), dataSet })), { command: answer(0x8020, 0) }],
  [{ command: answer(0x8130, 0) }, { command: { [ELEMENT.affectedSopClass]: '1.2.840.10008.1.20.1', [ELEMENT.commandField]: COMMAND.eventRequest, [ELEMENT.messageId]: 9, [ELEMENT.eventType]: 2 }, dataSet: commitmentRequest('2.25.5', [NAMED]) }],
  [{ command: answer(0x8010, 0xff00) }, { command: { [ELEMENT.affectedSopClass]: IMAGE, [ELEMENT.commandField]: COMMAND.storeRequest, [ELEMENT.messageId]: 3, [ELEMENT.affectedSopInstance]: '2.25.7' }, dataSet: dicomSeeds()[0]!.subarray(132), contextId: 3 }, { command: answer(0x8010, 0) }],
  [{ command: answer(0x8021, 0xff00), dataSet: EXPECTED[0]! }, { command: answer(0x8021, 0xa702) }]
]

const TELLING = [0, 1, 0x0101, 0x8001, 0x8010, 0x8020, 0x8021, 0x8030, 0x8130, 0x0100, 0xff00, 0xff01, 0xa700, 0xfe00, 0xffff]

/** Well framed, with odd commands (another field, status or id, one left out) and odd data sets. */
function oddConversation(random: Random): Buffer {
  const odd = ({ command, dataSet, contextId }: Said): Said => {
    const elements = { ...command }
    if (random.below(3) === 0) elements[Number(random.pick(Object.keys(elements)))] = random.below(4) === 0 ? '1.2.840.10008.1.1' : random.pick(TELLING)
    if (random.below(6) === 0) Reflect.deleteProperty(elements, random.pick(Object.keys(elements)))
    const data = random.below(3) === 0 ? makeInput(dataSets(), random) : random.below(8) === 0 ? undefined : dataSet
    return { command: elements, ...(data ? { dataSet: data } : {}), contextId: random.below(10) === 0 ? random.below(256) : contextId ?? 1 }
  }
  const said = random.pick(conversations()).map((one) => bytesOf(odd(one)))
  return Buffer.concat(random.below(4) === 0 ? [...said, ...said] : said)
}

/** Accepts the first four contexts that we propose. */
function acceptance(): Buffer {
  const field = (type: number, ...inner: Buffer[]): Buffer => { const body = Buffer.concat(inner); const head = Buffer.from([type, 0, 0, 0]); head.writeUInt16BE(body.length, 2); return Buffer.concat([head, body]) }
  const contexts = [1, 3, 5, 7].map((id) => field(0x21, Buffer.from([id, 0, 0, 0]), field(0x40, Buffer.from(TRANSFER_SYNTAX.implicitLittleEndian))))
  return pdu(PDU.associateAccept, Buffer.concat([Buffer.alloc(68), field(0x10, Buffer.from('1.2.840.10008.3.1.1.1')), ...contexts, field(0x50, field(0x51, Buffer.from([0, 0, 0x40, 0])))]))
}

/** Takes us in properly and then says the input, whatever we asked. */
export async function startOddPeer(): Promise<{ readonly port: number; say(input: Buffer): void; close(): void }> {
  let next: Buffer = Buffer.alloc(0)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', () => {
      socket.write(acceptance())
      socket.once('data', () => socket.end(next))
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port, say: (input) => { next = input },
    close: () => { for (const socket of sockets) socket.destroy(); server.close() }
  }
}

const MOST_MS = 5_000

/** Everything that we ask a PACS or the centre by DICOM, answered by a peer of no manners: it must end in a result, soon, and throw nothing. */
export async function oddPeers(): Promise<Target> {
  const odd = await startOddPeer()
  const peer = { host: '127.0.0.1', port: odd.port, calledAe: 'ODD', callingAe: 'FUZZ' }
  const times = { connectMs: 2_000, answerMs: 100, leastBytesPerSecond: 1_000 }
  const asks: (() => Promise<unknown>)[] = [
    () => askWorklist(peer, { from: '2026-03-01', to: '2026-03-08' }, times), () => find(peer, { sopClassUid: STUDY_ROOT_FIND, keys: [{ 0x0020000d: '2.25.3' }], most: 100, times }),
    () => getObject(peer, { ...NAMED, studyInstanceUid: '2.25.3', seriesInstanceUid: '2.25.4', transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian], mostBytes: 1_000_000 }, times),
    () => requestCommitment({ peer, transactionUid: '2.25.5', references: [NAMED], timeoutMs: 100, lingerMs: 20, onReport: () => undefined })
  ]
  let turn = 0
  return {
    seeds: conversations().map((said) => Buffer.concat(said.map(bytesOf))), make: oddConversation,
    async feed(input) {
      odd.say(input)
      const startedMs = performance.now()
      await asks[turn++ % asks.length]!()
      const ms = performance.now() - startedMs
      if (ms > MOST_MS) throw new Error(`a peer held us for ${Math.round(ms)} ms`)
    },
    close: () => Promise.resolve(odd.close())
  }
}

/** A structured report of the archive: somebody's over-reading, with its tree of content. */
export function oddReports(): Target {
  const text = (depth: number): Parameters<typeof encodeKeys>[0] => ({
    0x0040a010: 'CONTAINS', 0x0040a040: depth > 0 ? 'CONTAINER' : 'TEXT', 0x0040a043: { 0x00080100: '121071', 0x00080104: 'Finding' }, 0x0040a160: 'No retinopathy seen', 0x0040a730: depth > 0 ? text(depth - 1) : ''
  })
  const seeds = [0, 3, 40].map((depth) => writePart10(encodeKeys({
    0x00080005: 'ISO_IR 192', 0x00080018: '2.25.601', 0x00080023: '20260302', 0x00100020: 'C-0042', 0x0020000d: '2.25.3', 0x0040a073: { 0x0040a075: 'Reader^One' }, 0x0040a375: { 0x00081115: { 0x00081199: { 0x00081155: '2.25.7' } } },
    0x0040a491: 'COMPLETE', 0x0040a493: 'VERIFIED', 0x0040a730: text(depth)
  }), { sopClassUid: '1.2.840.10008.5.1.4.1.1.88.11', sopInstanceUid: '2.25.601', transferSyntaxUid: TRANSFER_SYNTAX.implicitLittleEndian }))
  return { seeds, feed: (input) => { readReport(input); return Promise.resolve() } }
}
