import { DataSet } from '../data-set.js'
import { walk, wholeSpan } from '../walk.js'

/** Command fields (PS3.7 E.1). */
export const COMMAND = { storeRequest: 0x0001, getRequest: 0x0010, findRequest: 0x0020, echoRequest: 0x0030, eventRequest: 0x0100, eventResponse: 0x8100, actionRequest: 0x0130 } as const

/** A command set (PS3.7 E.2) by element number of group 0000; UIDs are text, everything else is US. */
export type Command = Readonly<Record<number, string | number>>
export const ELEMENT = {
  affectedSopClass: 0x0002, requestedSopClass: 0x0003, commandField: 0x0100, messageId: 0x0110, respondedMessageId: 0x0120, priority: 0x0700, dataSetType: 0x0800, status: 0x0900,
  affectedSopInstance: 0x1000, requestedSopInstance: 0x1001, eventType: 0x1002, actionType: 0x1008
} as const

export type Message = { readonly contextId: number; readonly command: Command; readonly dataSet?: Buffer }

const NO_DATA_SET = 0x0101
const DATA_SET_FOLLOWS = 0x0000
const isUidElement = (element: number): boolean => element === 0x0002 || element === 0x0003 || element === 0x1000 || element === 0x1001

/** Whether a data set follows the command (PS3.7 E.1): any value but 0101H. */
const hasDataSet = (command: Command): boolean => (command[ELEMENT.dataSetType] ?? NO_DATA_SET) !== NO_DATA_SET

function commandElement(element: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16LE(element, 2)
  head.writeUInt32LE(value.length, 4)
  return Buffer.concat([head, value])
}

function valueOf(value: string | number): Buffer {
  if (typeof value === 'string') return Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1')
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

/** The command set's bytes: Implicit VR Little Endian, in the order of the elements, the group's length first (PS3.7 6.3.1). */
export function encodeCommand(command: Command, withDataSet: boolean): Buffer {
  const all = { ...command, [ELEMENT.dataSetType]: withDataSet ? DATA_SET_FOLLOWS : NO_DATA_SET }
  const elements = Object.entries(all).map(([element, value]) => [Number(element), value] as const).sort(([a], [b]) => a - b)
  const body = Buffer.concat(elements.map(([element, value]) => commandElement(element, valueOf(value))))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([commandElement(0, length), body])
}

/** A command set as far as it is readable; an element that is not there is absent. */
function decodeCommand(bytes: Buffer): Command {
  const set = new DataSet(bytes, { explicit: false, bigEndian: false })
  walk(set, wholeSpan(0, bytes.length))
  const command: Record<number, string | number> = {}
  for (const element of Object.values(ELEMENT)) {
    const raw = set.raw(element)
    if (isUidElement(element) && raw.length > 0) command[element] = raw.toString('latin1').replaceAll('\0', '').trim()
    else if (raw.length >= 2) command[element] = raw.readUInt16LE(0)
  }
  return command
}

type Pdv = { readonly contextId: number; readonly isCommand: boolean; readonly isLast: boolean; readonly fragment: Buffer }

/** Throws RangeError when the lengths do not fit. */
function* pdvsOf(body: Buffer): Generator<Pdv> {
  for (let at = 0; at < body.length;) {
    const length = body.readUInt32BE(at)
    if (length < 2 || at + 4 + length > body.length) throw new RangeError('A PDV does not fit its PDU.')
    const control = body.readUInt8(at + 5)
    yield { contextId: body.readUInt8(at + 4), isCommand: (control & 1) === 1, isLast: (control & 2) === 2, fragment: body.subarray(at + 6, at + 4 + length) }
    at += 4 + length
  }
}

/** Puts the fragments of P-DATA PDUs together to messages. Throws RangeError at damage and at more than `maxBytes`. */
export class MessageReader {
  private parts: Buffer[] = []
  private bytes = 0
  private command: Command | undefined

  constructor(private readonly maxBytes: number) {}

  /** Messages that are complete with this P-DATA body. */
  push(body: Buffer): Message[] {
    return [...pdvsOf(body)].flatMap((pdv) => this.add(pdv))
  }

  private add({ contextId, isCommand, isLast, fragment }: Pdv): Message[] {
    this.bytes += fragment.length
    if (this.bytes > this.maxBytes) throw new RangeError('A message grows without end.')
    this.parts.push(fragment)
    if (!isLast) return []
    const whole = Buffer.concat(this.parts)
    this.parts = []
    if (isCommand) this.command = decodeCommand(whole)
    const command = this.command ?? {}
    if (isCommand && hasDataSet(command)) return []
    this.bytes = 0
    this.command = undefined
    return [isCommand ? { contextId, command } : { contextId, command, dataSet: whole }]
  }
}

/** PDVs carry at most this many bytes beside their own header of 6 in a PDU. */
const PDV_HEAD_BYTES = 6

/** One P-DATA-TF PDU's head for a fragment that follows it on the line. */
export function dataHead(contextId: number, fragmentBytes: number, flags: { readonly isCommand: boolean; readonly isLast: boolean }): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt8(4, 0)
  head.writeUInt32BE(fragmentBytes + PDV_HEAD_BYTES, 2)
  head.writeUInt32BE(fragmentBytes + 2, 6)
  head.writeUInt8(contextId, 10)
  head.writeUInt8((flags.isCommand ? 1 : 0) | (flags.isLast ? 2 : 0), 11)
  return head
}

/** How many bytes of a message fit beside the heads into a peer's PDU, which it may leave without limit (0). */
export const fragmentBytes = (peerMaxPduBytes: number, ours: number): number =>
  Math.max(64, Math.min(ours, (peerMaxPduBytes === 0 ? ours : peerMaxPduBytes) - PDV_HEAD_BYTES)) & ~1
