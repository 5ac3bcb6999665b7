import type { Film } from './film.js'
import type { Command } from './wire.js'
import { ANSWER, COMMAND, frame, readRanges, text, u16, u32 } from './wire.js'

export type DeviceName = { readonly model: string; readonly serial: string; readonly firmware: string }
/** Faults of the device itself, not of the line. */
export type DeviceManners = {
  /** The header says 0 lines: the length is known at the end only. */
  readonly lengthUnknown?: boolean
  /** Lines go on for ever. */
  readonly neverEnds?: boolean
  /** Scanning stands still at this line. */
  readonly jamsAt?: number
  readonly protocolVersion?: number
  /** The checksum of the whole image is a lie. */
  readonly wrongImageCrc?: boolean
}

type Scan = {
  readonly id: Buffer
  readonly film: Film
  scanned: number
  limit: number
  /** The next line that was not yet sent on this connection. */
  next: number
  readonly again: number[]
  held: { first: number; count: number }[]
  open: boolean
}

const STATE = { idle: 0, preparing: 1, scanning: 2, complete: 3, fault: 4 } as const
const REFUSED = { unknownCommand: 1, busy: 2, noSuchScan: 3, notReady: 4 } as const
const NO_SCAN = Buffer.alloc(8)

/** The device's side of the protocol: commands in, frames out. Keeps its scan through unplugs until it is told TAKEN or ABORT. */
export class DigitizerDevice {
  #scan: Scan | undefined
  /** Scans that the host has confirmed, by id. */
  readonly taken: string[] = []
  readonly aborted: string[] = []

  constructor(private readonly name: DeviceName, private readonly nextFilm: () => Film | undefined, private readonly nextId: () => Buffer, private readonly manners: DeviceManners = {}) {}

  get scanId(): string | undefined { return this.#scan?.id.toString('hex') }
  get idle(): boolean { return this.#scan === undefined }

  /** A film was inserted. False when a scan is there still or no film is left. */
  insertFilm(): boolean {
    const film = this.#scan ? undefined : this.nextFilm()
    if (!film) return false
    this.#scan = { id: this.nextId(), film, scanned: 0, limit: 0, next: 0, again: [], held: [], open: false }
    return true
  }

  /** The line came back: nothing may be sent before the host asks. */
  plugged(): void {
    if (this.#scan) Object.assign(this.#scan, { open: false, limit: 0, next: 0 }).again.length = 0
  }

  /** The motor moved on. @returns frames to send because of it */
  advance(lines: number): Buffer[] {
    const scan = this.#scan
    if (!scan || this.#complete(scan)) return []
    scan.scanned = Math.min(scan.scanned + (this.manners.neverEnds ? Math.min(lines, 16) : lines), this.manners.jamsAt ?? Infinity, this.manners.neverEnds ? 0xffff_ffff : scan.film.height)
    return this.#complete(scan) ? [this.#state(0)] : []
  }

  command({ type, tag, payload }: Command): Buffer[] {
    switch (type) {
      case COMMAND.identify:
        return [frame(ANSWER.identity, tag, Buffer.from([this.manners.protocolVersion ?? 1, 3]), text(this.name.model), text(this.name.serial), text(this.name.firmware))]
      case COMMAND.status: return [this.#state(tag)]
      case COMMAND.scan: return this.insertFilm() ? [frame(ANSWER.ok, tag, Buffer.from([type])), this.#state(0)] : [this.#refuse(type, tag, this.#scan ? REFUSED.busy : REFUSED.notReady)]
      case COMMAND.resume: case COMMAND.ack: case COMMAND.nak: return this.#transfer(type, tag, payload)
      case COMMAND.abort: case COMMAND.taken: return this.#forget(type, tag, payload)
      default: return [this.#refuse(type, tag, REFUSED.unknownCommand)]
    }
  }

  /** The next line that the host has room for; undefined when there is none now. */
  nextLine(): Buffer | undefined {
    const scan = this.#scan
    if (!scan?.open) return undefined
    const again = scan.again.shift()
    if (again !== undefined) return this.#line(scan, again)
    while (scan.held.some(({ first, count }) => scan.next >= first && scan.next < first + count)) scan.next += 1
    if (scan.next >= scan.scanned || scan.next >= scan.limit) return undefined
    return this.#line(scan, scan.next++)
  }

  #line(scan: Scan, index: number): Buffer {
    return frame(ANSWER.line, 0, scan.id, u32(index), scan.film.line(index % scan.film.height))
  }

  #transfer(type: number, tag: number, payload: Buffer): Buffer[] {
    const scan = this.#scan
    if (!scan?.id.equals(payload.subarray(0, 8))) return type === COMMAND.resume ? [this.#refuse(type, tag, REFUSED.noSuchScan)] : []
    if (type === COMMAND.ack) {
      scan.limit = Math.max(scan.limit, payload.readUInt32LE(12))
      return []
    }
    if (type === COMMAND.nak) {
      for (const { first, count } of readRanges(payload, 8)) for (let line = first; line < first + count && line < scan.next; line++) if (!scan.again.includes(line)) scan.again.push(line)
      return []
    }
    Object.assign(scan, { limit: payload.readUInt32LE(8), held: readRanges(payload, 12), next: 0, open: true })
    scan.again.length = 0
    return [this.#header(scan, tag)]
  }

  #header({ id, film }: Scan, tag: number): Buffer {
    const height = this.manners.lengthUnknown || this.manners.neverEnds ? 0 : film.height
    return frame(ANSWER.scanHeader, tag, id, u16(film.width), Buffer.from([film.bits, film.zeroIsWhite ? 1 : 0]), u32(height), u32(film.samplePitchNm), u32(film.samplePitchNm))
  }

  #forget(type: number, tag: number, payload: Buffer): Buffer[] {
    const id = payload.toString('hex', 0, 8)
    if (this.scanId === id) {
      (type === COMMAND.taken ? this.taken : this.aborted).push(id)
      this.#scan = undefined
    }
    return [frame(ANSWER.ok, tag, Buffer.from([type]))]
  }

  #refuse(type: number, tag: number, code: number): Buffer {
    return frame(ANSWER.refused, tag, Buffer.from([type]), u16(code), text(code === REFUSED.notReady ? 'no film' : ''))
  }

  #complete({ scanned, film }: Scan): boolean { return scanned === film.height && !this.manners.neverEnds }

  #state(tag: number): Buffer {
    const scan = this.#scan
    const complete = scan !== undefined && this.#complete(scan)
    const code = !scan ? STATE.idle : complete ? STATE.complete : STATE.scanning
    const crc = complete ? (scan.film.crc ^ (this.manners.wrongImageCrc ? 1 : 0)) >>> 0 : 0
    return frame(ANSWER.state, tag, Buffer.from([code, 0]), u16(0), scan?.id ?? NO_SCAN, u32(scan?.scanned ?? 0), u32(complete ? scan.film.height : 0), u32(crc), text(''))
  }
}
