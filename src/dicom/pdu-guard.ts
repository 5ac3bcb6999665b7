import { COMMAND, ELEMENT } from './upper-layer/message.js'
import { PDU } from './upper-layer/pdu.js'

/** A P-DATA PDU larger than we announced, or an association request beyond reason, is not collected in memory. */
const MAX_PDU_BYTES = 1024 * 1024
/** A command set has some hundred bytes. */
const MAX_COMMAND_BYTES = 64 * 1024
/**
 * What comes with a command and is no image: a query, a step, a promise for the 200 objects that we ask about at a time (40 kB).
 * dcmjs takes a second for half a megabyte of empty elements, and 48 s and 2 GB for 15 MB of them, while nobody else is served.
 */
const MAX_DATA_SET_BYTES = 512 * 1024
const PDU_HEAD_BYTES = 6
/** A presentation data value's own head (PS3.8 9.3.5.1): its length, its context and what it is. */
const PDV_HEAD_BYTES = 6
const [COMMAND_FLAG, LAST_FLAG] = [1, 2]
const UNDEFINED_LENGTH = 0xffffffff

/**
 * Follows the PDUs (PS3.8 9.3) of a byte stream and says when one announces more than 1 MB, or when a message that is no
 * C-STORE grows beyond reason. dcmjs-dimse collects both in memory, however much comes; a C-STORE's data set goes to disk.
 */
export class PduGuard {
  private head: number[] = []
  private type = 0
  /** Bytes still to come of the PDU, and of the fragment in it. */
  private inPdu = 0
  private inFragment = 0
  private flags = 0
  private command: Buffer[] = []
  private collected = 0
  private storing = false

  /** False from the first chunk on that announces or brings too much. */
  accepts(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length;) {
      const taken = this.take(chunk, at)
      if (taken === undefined) return false
      at += taken
    }
    return true
  }

  /** How many bytes were taken from there; undefined where it must not go on. */
  private take(chunk: Uint8Array, at: number): number | undefined {
    if (this.inPdu === 0) return this.takePduHead(chunk[at]!)
    if (this.type !== PDU.data) return this.skip(chunk.length - at)
    return this.inFragment === 0 ? this.takePdvHead(chunk[at]!) : this.takeFragment(chunk.subarray(at, at + this.inFragment))
  }

  private takePduHead(byte: number): number | undefined {
    this.head.push(byte)
    if (this.head.length < PDU_HEAD_BYTES) return 1
    this.type = this.head[0]!
    this.inPdu = lengthAt(this.head, 2)
    this.head = []
    return this.inPdu > MAX_PDU_BYTES ? undefined : 1
  }

  private skip(available: number): number {
    const skipped = Math.min(this.inPdu, available)
    this.inPdu -= skipped
    return skipped
  }

  private takePdvHead(byte: number): number | undefined {
    this.head.push(byte)
    this.inPdu--
    if (this.head.length < PDV_HEAD_BYTES) return this.inPdu > 0 ? 1 : undefined
    this.inFragment = lengthAt(this.head, 0) - 2
    this.flags = this.head[5]!
    this.head = []
    if (this.inFragment < 0 || this.inFragment > this.inPdu) return undefined
    if (this.inFragment === 0) this.endFragment()
    return 1
  }

  private takeFragment(part: Uint8Array): number | undefined {
    this.inPdu -= part.length
    this.inFragment -= part.length
    const isCommand = (this.flags & COMMAND_FLAG) !== 0
    if (isCommand || !this.storing) this.collected += part.length
    if (this.collected > (isCommand ? MAX_COMMAND_BYTES : MAX_DATA_SET_BYTES)) return undefined
    if (isCommand) this.command.push(Buffer.from(part))
    if (this.inFragment === 0) this.endFragment()
    return part.length
  }

  private endFragment(): void {
    if ((this.flags & LAST_FLAG) === 0) return
    this.collected = 0
    this.storing = (this.flags & COMMAND_FLAG) !== 0 && commandField(Buffer.concat(this.command)) === COMMAND.storeRequest
    this.command = []
  }
}

/** The field that dcmjs-dimse will go by: where one comes twice, it takes the last. None where a sequence without a length could hide another. */
function commandField(command: Buffer): number | undefined {
  let field: number | undefined
  for (let at = 0; at + 10 <= command.length; at += 8 + command.readUInt32LE(at + 4)) {
    if (command.readUInt32LE(at + 4) === UNDEFINED_LENGTH) return undefined
    if (command.readUInt32LE(at) === ELEMENT.commandField * 65_536) field = command.readUInt16LE(at + 8)
  }
  return field
}

const lengthAt = (bytes: readonly number[], at: number): number => bytes[at]! * 2 ** 24 + bytes[at + 1]! * 2 ** 16 + bytes[at + 2]! * 2 ** 8 + bytes[at + 3]!
