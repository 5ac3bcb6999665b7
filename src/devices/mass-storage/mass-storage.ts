import { mkdir } from 'node:fs/promises'
import type { ImportSession } from '../../domain/import-session.js'
import { waitMs } from '../../platform/backoff.js'
import type { CloseReason, DeviceHost, DeviceKind, DeviceLink } from '../device-kind.js'
import { linkEnd } from '../link-end.js'
import { deviceProblem } from '../open-problem.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { MEDIA_COMMANDS, doMediaCommand } from './commands.js'
import { Media } from './media.js'
import type { MassStorageOptions } from './options.js'
import { massStorageSchema } from './options.js'
import { probeMedia } from './probe.js'

const EMIT_EVERY_MS = 300
const CLOSE_WITHIN_MS = 800

/** USB sticks, memory cards and cameras that show themselves as a disk: listed on the page, imported by hand, never written to. */
export const massStorage: DeviceKind<MassStorageOptions> = {
  kind: 'mass-storage',
  parseOptions: (raw) => parseDeviceOptions(massStorageSchema, raw),
  probe: ({ root }) => probeMedia(root),
  async open(options, host): Promise<DeviceLink> {
    await mkdir(options.root, { recursive: true }).catch(() => undefined)
    const stop = new AbortController()
    const tell = teller(host, stop.signal)
    const media = await Media.open({ options, host, changed: tell })
    await media.look()
    const { closed, end } = linkEnd()
    const finished = watchUntil({ options, media, host, signal: stop.signal }).then(end)
    return {
      closed, detail: `media in ${options.root}`, commands: MEDIA_COMMANDS,
      command: (command) => doMediaCommand(command, { media, host }),
      session: (): ImportSession => ({ type: 'import', media: media.views() }),
      async [Symbol.asyncDispose]() {
        stop.abort()
        await Promise.race([finished, waitMs(CLOSE_WITHIN_MS)])
      }
    }
  }
}

type Watching = { readonly options: MassStorageOptions; readonly media: Media; readonly host: DeviceHost; readonly signal: AbortSignal }

async function watchUntil({ options, media, host, signal }: Watching): Promise<CloseReason> {
  try {
    while (!signal.aborted) {
      await waitMs(options.pollMs, signal)
      if (!signal.aborted) await media.look()
    }
    return {}
  } catch (error) {
    host.log.warn('media-watch-ended', { reason: (error as NodeJS.ErrnoException).code ?? 'unknown' })
    return { problem: deviceProblem(error) }
  } finally {
    await media.close()
  }
}

/** At once, then at most three times a second: a hundred small pictures import in one. */
function teller(host: DeviceHost, signal: AbortSignal): () => void {
  let waiting = false
  return () => {
    if (waiting || signal.aborted) return
    waiting = true
    void waitMs(EMIT_EVERY_MS, signal).then(() => {
      waiting = false
      if (!signal.aborted) host.emit?.({ type: 'session' })
    })
  }
}
