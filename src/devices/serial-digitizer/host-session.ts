import type { Problem } from '../../domain/problem.js'
import type { Frame } from './framing.js'
import type { DeviceState, Identity, Line, Refusal, ScanHeader } from './messages.js'
import {
  DEVICE, HOST, PROTOCOL_VERSION, REFUSAL, identifyPayload, readIdentity, readLine, readRefusal, readScanHeader, readState, scanIdPayload, scanPayload
} from './messages.js'
import { deviceFault, garbageOnLine, linesGone, otherVersion, scanDamaged, scanLost, scanNeverEnds, scanRefused, silentLine } from './problems.js'
import { scanKey } from './scan-key.js'
import type { SessionAction, SessionEvent, SessionTiming } from './session-types.js'
import { Transfer } from './transfer.js'

export type SessionOptions = {
  readonly path: string
  readonly baudRate: number
  readonly windowBytes: number
  readonly maxLines: number
  readonly timing: SessionTiming
  /** Scans whose image is in the store already, by `scanKey`: they are confirmed and never fetched again. */
  readonly taken: ReadonlySet<string>
}

/**
 * The host's side of one connection as a state machine: events in, actions out, no input or output of its own.
 * Diagram in docs/serial-digitizer.md, section 5.
 */
export class HostSession {
  #identity: Identity | undefined
  #transfer: Transfer | undefined
  readonly #taken: Set<string>
  readonly #stopped = new Set<string>()
  #tag = 0
  #tries = 0
  #sentAt = 0
  #heardAt = 0
  #polledAt = 0
  #noiseBytes = 0
  #closed = false
  #reported = ''
  #strangeStates = 0
  /** The device was heard without a whole scan, so that one which it offers now began while we listened. */
  #listening = false

  constructor(private readonly options: SessionOptions) {
    this.#taken = new Set(options.taken)
  }

  get identity(): Identity | undefined { return this.#identity }
  /** Lines held of the scan under way. */
  get lines(): number | undefined { return this.#transfer?.lines }

  handle(event: SessionEvent): SessionAction[] {
    if (this.#closed) return []
    const actions = this.#react(event)
    if (actions.some((action) => action.type === 'close')) this.#closed = true
    return actions
  }

  #react(event: SessionEvent): SessionAction[] {
    switch (event.type) {
      case 'opened': return this.#opened(event.at)
      case 'tick': return this.#identity ? this.#tick(event.at) : this.#identifyAgain(event.at)
      case 'noise': this.#noiseBytes = event.bytes; return []
      case 'frame': return this.#frame(event.frame, event.at)
      case 'scan-requested': return [this.#command(HOST.scan, scanPayload(event))]
      case 'abort-requested': return this.#transfer ? this.#stop(this.#transfer) : []
      default: return this.#transfer?.key === event.key ? this.#progress(this.#transfer, event) : []
    }
  }

  #progress(transfer: Transfer, event: Extract<SessionEvent, { key: string }>): SessionAction[] {
    switch (event.type) {
      case 'spool-found': return transfer.found(event.stored, event.at)
      case 'kept': return transfer.kept(event.mark)
      case 'not-delivered': return transfer.notDelivered(event.at)
      case 'damaged': return [this.#reportOnce(scanDamaged), ...transfer.damaged(event.at)].filter((action) => action !== undefined)
      case 'delivered':
        this.#taken.add(transfer.key)
        transfer.phase = 'delivered'
        this.#reported = ''
        return [this.#command(HOST.taken, scanIdPayload(transfer.scanId), event.at)]
    }
  }

  #opened(at: number): SessionAction[] {
    this.#heardAt = at
    return [this.#command(HOST.identify, identifyPayload(), at)]
  }

  #identifyAgain(at: number): SessionAction[] {
    if (at - this.#sentAt < this.options.timing.replyMs) return []
    this.#tries += 1
    if (this.#tries < this.options.timing.tries) return [this.#command(HOST.identify, identifyPayload(), at)]
    const { path, baudRate } = this.options
    return [{ type: 'close', problem: this.#noiseBytes > 0 ? garbageOnLine(path, baudRate, this.#noiseBytes) : silentLine(path) }]
  }

  #tick(at: number): SessionAction[] {
    const { pollMs, replyMs, tries } = this.options.timing
    if (at - this.#heardAt > tries * Math.max(replyMs, pollMs) + (this.#transfer?.wireMs ?? 0)) return [{ type: 'close', problem: silentLine(this.options.path) }]
    const actions: SessionAction[] = []
    if (at - this.#polledAt >= pollMs) {
      this.#polledAt = at
      actions.push(this.#command(HOST.status))
    }
    if (this.#transfer?.phase === 'delivered' && at - this.#sentAt >= replyMs) {
      actions.push(this.#command(HOST.taken, scanIdPayload(this.#transfer.scanId), at))
    }
    return [...actions, ...(this.#transfer?.tick(at) ?? [])]
  }

  #frame(frame: Frame, at: number): SessionAction[] {
    this.#heardAt = at
    if (frame.type === DEVICE.line && this.#transfer) return this.#line(this.#transfer, readLine(frame.payload), at)
    switch (frame.type) {
      case DEVICE.identity: return this.#identified(readIdentity(frame.payload), at)
      case DEVICE.state: return this.#identity ? this.#state(readState(frame.payload), at) : []
      case DEVICE.scanHeader: return this.#scanHeader(readScanHeader(frame.payload), at)
      case DEVICE.ok: return frame.payload[0] === HOST.taken ? this.#confirmed() : []
      case DEVICE.refused: return this.#refused(readRefusal(frame.payload))
      default: return []
    }
  }

  #identified(identity: Identity | undefined, at: number): SessionAction[] {
    if (!identity || this.#identity) return []
    if (identity.version !== PROTOCOL_VERSION) return [{ type: 'close', problem: otherVersion(identity.version) }]
    this.#identity = identity
    this.#polledAt = at
    return [{ type: 'identified', identity }, this.#command(HOST.status)]
  }

  #state(state: DeviceState | undefined, at: number): SessionAction[] {
    if (!state) return []
    const actions: SessionAction[] = []
    if (state.state !== 'complete' && state.state !== 'fault') this.#listening = true
    if (state.state === 'fault') actions.push(...this.#report(deviceFault(state)))
    if (this.#transfer && state.scanId !== this.#transfer.scanId) return [...actions, ...this.#otherScan(this.#transfer)]
    this.#strangeStates = 0
    if (!this.#transfer && state.scanId) actions.push(...this.#offered(state.scanId, at))
    if (!this.#transfer) return actions
    if (Math.max(state.linesScanned, state.totalLines) > this.options.maxLines) return [...actions, ...this.#neverEnds(this.#transfer)]
    return [...actions, ...this.#transfer.state(state)]
  }

  /** The device has a scan: fetch it, confirm it once more, or stop it once more. */
  #offered(scanId: string, at: number): SessionAction[] {
    const key = scanKey(this.#identity?.serial ?? '', scanId)
    if (this.#stopped.has(key)) return [this.#command(HOST.abort, scanIdPayload(scanId))]
    this.#transfer = new Transfer({ scanId, key, isOfNow: this.#listening }, this.options)
    if (!this.#taken.has(key)) return [{ type: 'find-spool', key }]
    this.#transfer.phase = 'delivered'
    return [this.#command(HOST.taken, scanIdPayload(scanId), at)]
  }

  /** One status that names another scan may be an old one that was late; two in a row are believed. */
  #otherScan(transfer: Transfer): SessionAction[] {
    this.#strangeStates += 1
    return this.#strangeStates < 2 ? [] : this.#forgotten(transfer)
  }

  /** The device no longer has the scan: well after delivery, a loss before all lines came. */
  #forgotten(transfer: Transfer): SessionAction[] {
    if (transfer.phase === 'finishing' || transfer.phase === 'waiting') return []
    this.#transfer = undefined
    this.#listening = true
    if (transfer.phase === 'delivered') return [{ type: 'drop-spool', key: transfer.key }]
    return this.#report(scanLost(transfer.lines))
  }

  #scanHeader(header: ScanHeader | undefined, at: number): SessionAction[] {
    const transfer = this.#transfer
    if (!header || transfer?.scanId !== header.scanId) return []
    return header.height > this.options.maxLines ? this.#neverEnds(transfer) : transfer.described(header, at)
  }

  #line(transfer: Transfer, line: Line | undefined, at: number): SessionAction[] {
    if (line?.scanId !== transfer.scanId) return []
    return line.index >= this.options.maxLines ? this.#neverEnds(transfer) : transfer.line(line, at)
  }

  #confirmed(): SessionAction[] {
    const transfer = this.#transfer
    if (transfer?.phase !== 'delivered') return []
    this.#transfer = undefined
    this.#listening = true
    return [{ type: 'drop-spool', key: transfer.key }]
  }

  #refused(refusal: Refusal | undefined): SessionAction[] {
    if (!refusal) return []
    if (refusal.command === HOST.scan) return this.#report(scanRefused(refusal))
    const transfer = this.#transfer
    if (!transfer) return []
    if (refusal.command === HOST.taken && refusal.code === REFUSAL.noSuchScan) return this.#confirmed()
    if (refusal.code === REFUSAL.lineGone && transfer.phase === 'receiving') return [...this.#report(linesGone), ...this.#stop(transfer)]
    return []
  }

  #neverEnds(transfer: Transfer): SessionAction[] {
    return [...this.#report(scanNeverEnds(this.options.maxLines)), ...this.#stop(transfer)]
  }

  /** Nothing of it is kept, and the device is told to forget it, as often as it takes. A complete scan is not stopped. */
  #stop(transfer: Transfer): SessionAction[] {
    if (transfer.phase === 'finishing' || transfer.phase === 'waiting' || transfer.phase === 'delivered') return []
    this.#stopped.add(transfer.key)
    this.#transfer = undefined
    return [this.#command(HOST.abort, scanIdPayload(transfer.scanId)), { type: 'drop-spool', key: transfer.key }]
  }

  #report(problem: Problem): SessionAction[] {
    const action = this.#reportOnce(problem)
    return action ? [action] : []
  }

  /** The same problem is not repeated with every status. */
  #reportOnce(problem: Problem): SessionAction | undefined {
    if (this.#reported === problem.message) return undefined
    this.#reported = problem.message
    return { type: 'report', problem }
  }

  #command(message: number, payload: Buffer = Buffer.alloc(0), at?: number): SessionAction {
    this.#tag = (this.#tag % 0xffff) + 1
    if (at !== undefined) this.#sentAt = at
    return { type: 'send', message, tag: this.#tag, payload }
  }
}
