import { LineSet } from './line-set.js'
import type { DeviceState, Line, ScanHeader } from './messages.js'
import { HOST, MAX_RANGES, ackPayload, bytesPerLine, nakPayload, resumePayload } from './messages.js'
import { scanStalled } from './problems.js'
import type { SessionAction, SessionTiming, StoredScan } from './session-types.js'

/** `isOfNow`: as of `begin-spool`. */
export type OfferedScan = { readonly scanId: string; readonly key: string; readonly isOfNow: boolean }

export type TransferLimits = { readonly timing: SessionTiming; readonly windowBytes: number; readonly baudRate: number }

/**
 * finding: the spool is looked up. resuming: RESUME sent, header awaited. receiving: lines come. finishing: image is being
 * checked and delivered. waiting: delivery failed, again later. delivered: safe in the store, TAKEN not yet confirmed.
 */
export type TransferPhase = 'finding' | 'resuming' | 'receiving' | 'finishing' | 'waiting' | 'delivered'

/** One scan on its way from the device to the store: which lines are held, which to ask for, what the device may send. */
export class Transfer {
  phase: TransferPhase = 'finding'
  header: ScanHeader | undefined
  #held = new LineSet()
  #storedHeader: ScanHeader | undefined
  #kept = 0
  #limit = 0
  /** One past the highest line that came on this connection or before. */
  #seen = 0
  #scanned = 0
  #total: number | undefined
  #imageCrc = 0
  #askedAt = 0
  #lastLineAt = 0
  #checkpointAt = 0
  #checkpointed = 0
  #stallReported = false
  #again = false
  #failures = 0

  constructor(private readonly offered: OfferedScan, private readonly limits: TransferLimits) {}

  get scanId(): string { return this.offered.scanId }
  get key(): string { return this.offered.key }
  get lines(): number { return this.#held.count }

  /** The spool said what it holds. */
  found(stored: StoredScan | undefined, at: number): SessionAction[] {
    if (this.phase !== 'finding') return []
    this.#held = new LineSet(stored?.held)
    this.#storedHeader = stored?.header
    this.#kept = this.#held.firstMissing
    this.#lastLineAt = this.#checkpointAt = at
    this.#checkpointed = this.#held.count
    this.phase = 'resuming'
    return [this.#resume(at)]
  }

  /** The device described its scan: lines follow. A spool of another image under the same id is begun anew. */
  described(header: ScanHeader, at: number): SessionAction[] {
    if (this.phase !== 'resuming') return []
    const actions: SessionAction[] = []
    if (this.#storedHeader === undefined || !sameScan(this.#storedHeader, header)) {
      const hadLines = this.#held.count > 0
      this.#held = new LineSet()
      this.#kept = this.#checkpointed = 0
      this.#storedHeader = header
      actions.push({ type: 'begin-spool', key: this.key, header, isOfNow: this.offered.isOfNow })
      if (hadLines) return [...actions, this.#resume(at)]
    }
    this.header = header
    this.#seen = this.#held.firstMissing
    this.phase = 'receiving'
    this.#askedAt = this.#lastLineAt = at
    return [...actions, this.#grant(), ...this.#finishIfWhole()]
  }

  line(line: Line, at: number): SessionAction[] {
    if (this.phase !== 'receiving' || this.header === undefined || line.samples.length !== bytesPerLine(this.header)) return []
    if (line.index >= (this.#total ?? (this.header.height || Infinity)) || !this.#held.add(line.index)) return []
    this.#askedAt = this.#lastLineAt = at
    this.#stallReported = false
    const actions: SessionAction[] = [{ type: 'write-line', index: line.index, samples: line.samples }]
    if (line.index > this.#seen) actions.push(...this.#askFor(this.#seen, line.index))
    this.#seen = Math.max(this.#seen, line.index + 1)
    if (this.#held.firstMissing + this.#window - this.#limit >= this.#window / 4) actions.push(this.#grant())
    return [...actions, ...this.#finishIfWhole()]
  }

  state(state: DeviceState): SessionAction[] {
    this.#scanned = Math.max(this.#scanned, state.linesScanned)
    if (state.state === 'complete') {
      this.#total = state.totalLines
      this.#imageCrc = state.imageCrc
    }
    return this.#finishIfWhole()
  }

  kept(mark: number): SessionAction[] {
    if (this.phase !== 'receiving' || mark <= this.#kept) return []
    this.#kept = mark
    return [this.#grant()]
  }

  /** The image's checksum was wrong: everything once more, at once the first time. */
  damaged(at: number): SessionAction[] {
    const drop: SessionAction = { type: 'drop-lines', key: this.key }
    this.phase = 'waiting'
    this.#askedAt = at
    this.#storedHeader = undefined
    this.#held = new LineSet()
    this.#failures += 1
    if (this.#again) return [drop]
    this.#again = true
    this.phase = 'resuming'
    return [drop, this.#resume(at)]
  }

  notDelivered(at: number): SessionAction[] {
    this.phase = 'waiting'
    this.#failures += 1
    this.#askedAt = at
    return []
  }

  tick(at: number): SessionAction[] {
    if (this.phase === 'resuming') return at - this.#askedAt >= this.limits.timing.replyMs + this.wireMs ? [this.#resume(at)] : []
    if (this.phase === 'waiting') return at - this.#askedAt >= this.#againMs ? this.#tryAgain(at) : []
    if (this.phase !== 'receiving') return []
    return [...this.#checkpointWhenDue(at), ...this.#askAgainWhenDue(at), ...this.#stallWhenDue(at)]
  }

  /** One second after the first failure, twice as long after each further one. */
  get #againMs(): number { return Math.min(this.limits.timing.deliverAgainMs, 500 * 2 ** Math.min(this.#failures, 20)) }

  #tryAgain(at: number): SessionAction[] {
    if (this.#held.count > 0) return this.#finish()
    this.phase = 'resuming'
    return [this.#resume(at)]
  }

  #checkpointWhenDue(at: number): SessionAction[] {
    if (this.#held.count === this.#checkpointed || at - this.#checkpointAt < this.limits.timing.checkpointMs) return []
    this.#checkpointAt = at
    this.#checkpointed = this.#held.count
    return [{ type: 'checkpoint', key: this.key }]
  }

  /** A lost ACK, NAK or last line: say again how far the device may go and what is missing of what it has. */
  #askAgainWhenDue(at: number): SessionAction[] {
    if (at - this.#askedAt < this.limits.timing.lineMs + this.wireMs) return []
    this.#askedAt = at
    return [this.#grant(), ...this.#askFor(0, Math.max(this.#seen, Math.min(this.#limit, this.#total ?? this.#scanned)))]
  }

  #stallWhenDue(at: number): SessionAction[] {
    if (this.#stallReported || at - this.#lastLineAt < this.limits.timing.stallMs) return []
    this.#stallReported = true
    return [{ type: 'report', problem: scanStalled(this.#held.count, Math.round((at - this.#lastLineAt) / 1000)) }]
  }

  #finishIfWhole(): SessionAction[] {
    if (this.phase !== 'receiving' || this.#total === undefined || this.#total === 0 || this.#held.firstMissing < this.#total) return []
    return this.#finish()
  }

  #finish(): SessionAction[] {
    this.phase = 'finishing'
    return [{ type: 'finish', key: this.key, lines: this.#total ?? this.#held.firstMissing, imageCrc: this.#imageCrc }]
  }

  #resume(at: number): SessionAction {
    this.#askedAt = at
    this.#limit = this.#held.firstMissing + this.#window
    return { type: 'send', message: HOST.resume, tag: 0, payload: resumePayload(this.scanId, this.#limit, this.#held.held()) }
  }

  #grant(): SessionAction {
    this.#limit = this.#held.firstMissing + this.#window
    return { type: 'send', message: HOST.ack, tag: 0, payload: ackPayload(this.scanId, this.#kept, this.#limit) }
  }

  #askFor(from: number, end: number): SessionAction[] {
    const missing = this.#held.missing(Math.max(from, this.#held.firstMissing), end, MAX_RANGES)
    return missing.length === 0 ? [] : [{ type: 'send', message: HOST.nak, tag: 0, payload: nakPayload(this.scanId, missing) }]
  }

  /** Lines under way: the configured bytes, at most two seconds of a slow line, at least four lines. */
  get #window(): number {
    const stride = this.header ? bytesPerLine(this.header) : this.#storedHeader ? bytesPerLine(this.#storedHeader) : 4096
    return Math.max(4, Math.floor(Math.min(this.limits.windowBytes, this.limits.baudRate / 5) / stride))
  }

  /** Milliseconds that two lines take on the wire. */
  get wireMs(): number {
    const header = this.header ?? this.#storedHeader
    return header ? (2 * bytesPerLine(header) * 10_000) / this.limits.baudRate : 0
  }
}

const sameScan = (a: ScanHeader, b: ScanHeader): boolean =>
  a.scanId === b.scanId && a.width === b.width && a.bits === b.bits && a.zeroIsWhite === b.zeroIsWhite && a.samplePitchNm === b.samplePitchNm && a.linePitchNm === b.linePitchNm
