import { fork, type ChildProcess } from 'node:child_process'
import { residentMb } from './resident-memory.js'
import type { FromChild, ToChild } from './protocol.js'

export type ChildOptions = {
  /** The child's script; the compiled `child.js` beside this file unless a test brings its own. */
  readonly script?: string | URL
  readonly packsFolder: string
  readonly thresholdsFolder?: string
  /** Engines compiled for this machine's GPU (`screenpost compile`). */
  readonly enginesFolder?: string
  /** Models leave the memory after so much quiet; never when absent. */
  readonly quietMs?: number
  readonly memoryLimitMb: number
}

export type ChildEnd = { readonly code: number | null; readonly signal: string | null; readonly reason?: 'memory' | 'timeout' }

const WATCH_EVERY_MS = 250

/** One life of the reader's process. Its output is dropped: libraries print values of what they read. */
export class ReaderChild {
  readonly #process: ChildProcess
  readonly #watch: NodeJS.Timeout
  #reason: ChildEnd['reason']
  readonly ended: Promise<ChildEnd>

  constructor(options: ChildOptions, onMessage: (message: FromChild) => void) {
    this.#process = fork(options.script ?? new URL('./child.js', import.meta.url), [options.packsFolder, options.thresholdsFolder ?? '', options.enginesFolder ?? '', String(options.quietMs ?? '')], {
      // Half for JavaScript; pixels and tensors live outside its heap and are watched below.
      execArgv: [`--max-old-space-size=${Math.ceil(options.memoryLimitMb / 2)}`], stdio: ['ignore', 'ignore', 'ignore', 'ipc']
    })
    this.#process.on('message', (message) => onMessage(message as FromChild))
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        clearInterval(this.#watch)
        resolve({ code, signal, ...(this.#reason ? { reason: this.#reason } : {}) })
      }
      this.#process.once('exit', end)
      this.#process.once('error', () => end(null, null))
    })
    this.#watch = setInterval(() => void this.#checkMemory(options.memoryLimitMb), WATCH_EVERY_MS)
    this.#watch.unref()
  }

  get pid(): number | undefined { return this.#process.pid }

  /** A message to a process that has just died is lost; its end answers for it. */
  send(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message, () => undefined)
  }

  kill(reason?: ChildEnd['reason']): void {
    this.#reason ??= reason
    this.#process.kill('SIGKILL')
  }

  async #checkMemory(limitMb: number): Promise<void> {
    const resident = this.pid === undefined ? undefined : await residentMb(this.pid)
    if (resident !== undefined && resident > limitMb) this.kill('memory')
  }
}
