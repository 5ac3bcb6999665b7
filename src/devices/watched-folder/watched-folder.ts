import { watch } from 'node:fs'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { waitMs } from '../../platform/backoff.js'
import { makeDirectoryDurable } from '../../platform/durable-fs.js'
import { reasonOf } from '../../platform/reason-of.js'
import type { CloseReason, DeviceHost, DeviceKind, DeviceLink } from '../device-kind.js'
import { linkEnd } from '../link-end.js'
import { deviceProblem } from '../open-problem.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { probeFolder } from './probe.js'
import { scanFolder } from './scan.js'
import type { Begin } from './settle.js'
import { Settling } from './settle.js'
import { takeFile } from './take.js'

const schema = z.strictObject({
  folder: z.string().refine(isAbsolute, 'expected an absolute path'),
  /** How long size and time of a file must stand still before it counts. */
  settleMs: z.int().min(50).max(600_000).default(2000)
})

export type WatchedFolderOptions = z.output<typeof schema>

/** Takes every file that has stopped growing, sub-folders too, and removes it once it is safe in the store. */
export const watchedFolder: DeviceKind<WatchedFolderOptions> = {
  kind: 'watched-folder',
  parseOptions: (raw) => parseDeviceOptions(schema, raw),
  async open(options, host): Promise<DeviceLink> {
    await makeDirectoryDurable(options.folder)
    const stop = new AbortController()
    const { closed, end } = linkEnd()
    const finished = watchUntil(options, host, stop.signal).then(end)
    return {
      closed, detail: `folder ${options.folder}`,
      async [Symbol.asyncDispose]() {
        stop.abort()
        await finished
      }
    }
  },
  probe: ({ folder }) => probeFolder(folder)
}

/** A picture without its end waits so many settle times: a minute by default. */
const PATIENCE = 30

/** Scans, takes what has settled, waits; ends when asked or when the folder can't be read any more. */
async function watchUntil(options: WatchedFolderOptions, host: DeviceHost, signal: AbortSignal): Promise<CloseReason> {
  const settling = new Settling(options.settleMs)
  const hint = new ChangeHint(options.folder)
  let isFirst = true
  try {
    while (!signal.aborted) {
      const startedMs = host.clock.monotonicMs()
      const begin = isFirst ? unknownBegin(host) : beginNow(host)
      const files = await scanFolder(options.folder)
      isFirst = false
      const scanMs = host.clock.monotonicMs() - startedMs
      for (const file of settling.settled(files, startedMs, begin)) {
        if (signal.aborted) break
        const outcome = await takeFile(file, host, { begin: settling.beginOf(file), patienceMs: PATIENCE * options.settleMs })
        settling.note(file, outcome, host.clock.monotonicMs())
      }
      await hint.wait(Math.max(Math.min(1000, options.settleMs / 2), 2 * scanMs), signal)
    }
    return {}
  } catch (error) {
    host.log.warn('watched-folder-ended', { reason: reasonOf(error) })
    return { problem: deviceProblem(error) }
  } finally {
    hint.close()
  }
}

/** What lay there when the folder was opened began nobody knows when: no visit of now is meant. */
const unknownBegin = ({ visit }: DeviceHost): Begin => (visit ? { visitId: null } : {})

function beginNow({ visit }: DeviceHost): Begin {
  const held = visit?.()
  return visit ? { visitId: held?.visitId ?? null, ...(held?.take ? { take: held.take.code } : {}) } : {}
}

/** fs.watch as a hint that something happened; polling goes on without it (network shares, watch limits). */
class ChangeHint {
  #wake = new AbortController()
  #watcher: ReturnType<typeof watch> | undefined
  constructor(folder: string) {
    try {
      this.#watcher = watch(folder, { persistent: false }, () => this.#wake.abort())
      this.#watcher.on('error', () => this.close())
    } catch {
      this.#watcher = undefined
    }
  }

  /** At most `ms`, at least a moment after the first hint. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    await waitMs(ms, AbortSignal.any([this.#wake.signal, signal]))
    if (this.#wake.signal.aborted) await waitMs(Math.min(ms, 50), signal)
    this.#wake = new AbortController()
  }

  close(): void { this.#watcher?.close() }
}
