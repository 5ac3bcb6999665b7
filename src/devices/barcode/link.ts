import { probeOk } from '../../domain/device-report.js'
import { waitMs } from '../../platform/backoff.js'
import type { CloseReason, DeviceHost, DeviceLink } from '../device-kind.js'
import { linkEnd } from '../link-end.js'
import type { BytePort } from '../serial-port.js'
import { openPort } from '../serial-port.js'
import type { CodeRead } from './code-reader.js'
import { CodeReader, ENDING_PAUSE_MS } from './code-reader.js'
import type { BarcodeOptions } from './options.js'
import { scannerGone, scannerNoise } from './problems.js'

const CLOSE_WITHIN_MS = 500
/** The same code again within this time is one code held before the scanner for too long. */
const REPEAT_MS = 1500

/** Resolves when the line is open. A code goes to the tablets and nowhere else: it may be a patient's number. */
export async function openScanner(options: BarcodeOptions, host: DeviceHost): Promise<DeviceLink> {
  const port = await openPort({ ...options, flowControl: 'none' })
  const { closed, end } = linkEnd()
  const line = new ScannerLine({ options, host, port, end })
  return {
    closed, detail: `${options.path}, ${options.baudRate} baud`,
    check: () => Promise.resolve(probeOk(`${options.path} is open at ${options.baudRate} baud.`, 'Scan any code on a page with an empty field: it appears there.')),
    async [Symbol.asyncDispose]() {
      end({})
      line.stop()
      await Promise.race([port.close().catch(() => undefined), waitMs(CLOSE_WITHIN_MS)])
    }
  }
}

type Parts = { readonly options: BarcodeOptions; readonly host: DeviceHost; readonly port: BytePort; readonly end: (reason: CloseReason) => void }

class ScannerLine {
  readonly #reader = new CodeReader()
  #pause: NodeJS.Timeout | undefined
  #stopped = false
  #last = { text: '', atMs: -Infinity }

  constructor(private readonly parts: Parts) {
    void this.#readForEver()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#pause)
  }

  async #readForEver(): Promise<void> {
    const { port, options, end } = this.parts
    const buffer = Buffer.alloc(4096)
    try {
      while (!this.#stopped) {
        const count = await port.read(buffer, 0, buffer.length)
        this.#tell(this.#reader.read(buffer.subarray(0, count)))
        clearTimeout(this.#pause)
        if (this.#reader.waiting) this.#pause = setTimeout(() => this.#tell(this.#reader.flush()), ENDING_PAUSE_MS)
      }
    } catch {
      this.stop()
      end({ problem: scannerGone(options.path) })
      await port.close().catch(() => undefined)
    }
  }

  #tell(codes: readonly CodeRead[]): void {
    const { host, options } = this.parts
    for (const code of codes) {
      if ('noise' in code) host.report(scannerNoise(options.path, options.baudRate))
      else if (code.text === options.triggerCode) host.emit?.({ type: 'trigger' })
      else if (!this.#isRepeat(code.text)) host.emit?.({ type: 'scanned', text: code.text })
    }
  }

  #isRepeat(text: string): boolean {
    const atMs = this.parts.host.clock.monotonicMs()
    const repeated = this.#last.text === text && atMs - this.#last.atMs < REPEAT_MS
    this.#last = { text, atMs }
    return repeated
  }
}
