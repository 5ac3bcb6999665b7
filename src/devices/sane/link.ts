import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { DeviceCommand, ProbeReport } from '../../domain/device-report.js'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import type { ScanSession } from '../../domain/scan-session.js'
import { waitMs } from '../../platform/backoff.js'
import type { CloseReason, DeviceHost, DeviceLink } from '../device-kind.js'
import { DeviceRefused } from '../device-refused.js'
import { linkEnd } from '../link-end.js'
import type { SaneOptions } from './options.js'
import { alreadyScanning, notScanning, scanAborted } from './problems.js'
import type { Scanner } from './scanimage.js'
import { Scan, findScanner } from './scanimage.js'

const COMMANDS = ['scan', 'abort'] as const
const scanValues = z.object({ dpi: z.int().min(50).max(4800).optional() })
/** Misses in a row that end the link: one may be a scanner that is waking up. */
const MISSES = 2
/** Bytes of the largest film, 35 x 43 cm, at the chosen resolution. */
const bytesOf = ({ depth, widthMm = 350, heightMm = 430 }: SaneOptions, dpi: number): number => Math.ceil((widthMm / 25.4) * dpi * (heightMm / 25.4) * dpi * ((depth ?? 16) / 8))

/** Resolves when the scanner is found. Rejects with a problem in words. */
export async function openScanner(options: SaneOptions, host: DeviceHost): Promise<DeviceLink> {
  const scanner = await findScanner(options)
  if (!scanner.ok) throw new DeviceRefused(scanner.error)
  return new ScannerLink({ options, host, scanner: scanner.value })
}

type Parts = { readonly options: SaneOptions; readonly host: DeviceHost; readonly scanner: Scanner }

class ScannerLink implements DeviceLink {
  readonly closed: Promise<CloseReason>
  readonly detail: string
  readonly commands = COMMANDS
  readonly #stop = new AbortController()
  readonly #end: (reason: CloseReason) => void
  #scan: Scan | undefined
  #aborted = false
  #scanned = 0
  #dpi: number

  constructor(private readonly parts: Parts) {
    const { closed, end } = linkEnd()
    this.closed = closed
    this.#end = end
    this.#dpi = parts.options.resolutionDpi
    this.detail = `${parts.scanner.words} (${parts.scanner.device})`
    void this.#watchPresence()
  }

  session(): ScanSession {
    const { options, scanner } = this.parts
    return { type: 'scan', scanner: scanner.words, resolutionDpi: this.#dpi, depth: options.depth ?? undefined, source: options.source, progress: this.#scan?.progress, scanned: this.#scanned }
  }

  async check(): Promise<ProbeReport> {
    const found = await findScanner(this.parts.options, this.#stop.signal)
    return found.ok ? probeOk(`${found.value.words} is there.`, this.#scan ? 'A scan is under way.' : 'It is ready to scan.') : probeFailed(found.error)
  }

  async command({ name, values, by }: DeviceCommand): Promise<Result<unknown, Problem>> {
    if (name === 'abort') return this.#abort()
    if (name !== 'scan') return err(problem('no-such-command', `This device does not know ${JSON.stringify(name)}. Use one of ${COMMANDS.join(', ')}.`))
    const asked = scanValues.safeParse(values)
    if (!asked.success) return err(problem('bad-command', 'dpi: expected a whole number from 50 to 4800'))
    if (this.#scan) return err(alreadyScanning)
    return this.#take(asked.data.dpi ?? this.parts.options.resolutionDpi, by)
  }

  /** Resolves when the film is durable. */
  async #take(dpi: number, by: string): Promise<Result<unknown, Problem>> {
    const { host, options, scanner } = this.parts
    if (!(await host.hasRoomFor(bytesOf(options, dpi)))) return err(problem('store-full', 'There is no room for a scan. Free space or connect the uplink, then scan again.'))
    if (this.#scan) return err(alreadyScanning)
    const visit = host.visit?.()
    const spoolPath = join(host.spoolFolder, `sane-${randomUUID()}.tif`)
    this.#aborted = false
    this.#dpi = dpi
    this.#scan = new Scan(options, { device: scanner.device, dpi, path: spoolPath }, () => host.emit?.({ type: 'session' }))
    host.emit?.({ type: 'session' })
    try {
      const ended = await this.#scan.ended
      if (this.#aborted) return err(scanAborted)
      if (!ended.ok) return this.#refused(ended.error)
      const result = await host.deliver({
        spoolPath, receivedAt: host.clock.now().toISOString(), source: { kind: 'sane', deviceId: host.deviceId, operator: by },
        visitId: visit?.visitId ?? null, ...(visit?.take ? { take: visit.take.code } : {})
      })
      if (result.ok) this.#scanned += 1
      return result
    } finally {
      this.#scan = undefined
      await rm(spoolPath, { force: true })
      host.emit?.({ type: 'session' })
    }
  }

  #refused(reason: Problem): Result<never, Problem> {
    this.parts.host.report(reason)
    if (reason.code === 'device-gone' || reason.code === 'io-error') this.#end({ problem: reason })
    return err(reason)
  }

  async #abort(): Promise<Result<unknown, Problem>> {
    if (!this.#scan) return err(notScanning)
    this.#aborted = true
    await this.#scan.stop()
    return ok(null)
  }

  async #watchPresence(): Promise<void> {
    for (let misses = 0; ;) {
      await waitMs(this.parts.options.lookSeconds * 1000, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      if (this.#scan) continue
      const found = await findScanner(this.parts.options, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      misses = found.ok || this.#scan ? 0 : misses + 1
      if (!found.ok && misses >= MISSES) return this.#end({ problem: found.error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#aborted = true
    await this.#scan?.stop()
    this.#end({})
  }
}
