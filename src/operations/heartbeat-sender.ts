import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Heartbeat } from '../domain/heartbeat.js'
import type { Log } from '../platform/log.js'
import { renderHeartbeat } from './heartbeat.js'

export type HeartbeatOptions = {
  readonly everyMs: number
  readonly log: Log
  read(): Promise<Heartbeat>
  /** Whether it arrived; undefined where that shows later, or never. */
  deliver(beat: Heartbeat, signal: AbortSignal): Promise<boolean | undefined>
}

const ANSWER_WITHIN_MS = 30_000

/**
 * Makes a heartbeat now and then every `everyMs`. A link that is down is no event: the next one is sent as if nothing were, and
 * only the newest counts. Nothing waits on disk.
 */
export function startHeartbeat({ everyMs, log, read, deliver }: HeartbeatOptions): AsyncDisposable {
  const stop = new AbortController()
  let reachable: boolean | undefined
  const beat = async (): Promise<void> => {
    const sent = await deliver(await read(), stop.signal)
    if (sent !== undefined && sent !== reachable && !stop.signal.aborted) log.info('heartbeat', { reachable: sent })
    reachable = sent
  }
  let beating = beat()
  const timer = setInterval(() => { beating = beating.then(beat) }, everyMs)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      stop.abort()
      await beating
    }
  }
}

/** To a Prometheus Pushgateway (its address without the path), where `box` is the name of this one. */
export function toGateway(gateway: string, box: string): HeartbeatOptions['deliver'] {
  const { url, headers } = addressOf(gateway, box)
  return (beat, signal) => put(url, { headers, body: renderHeartbeat(beat) }, signal)
}

/** Name and password of the address go into a header: fetch takes none in a URL. */
function addressOf(gateway: string, box: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(`/metrics/job/screenpost/instance/${encodeURIComponent(box)}`, gateway)
  const pair = Buffer.from(`${decodeURIComponent(new URL(gateway).username)}:${decodeURIComponent(new URL(gateway).password)}`).toString('base64')
  const secret: Record<string, string> = new URL(gateway).username ? { authorization: `Basic ${pair}` } : {}
  url.username = ''
  url.password = ''
  return { url, headers: { 'content-type': 'text/plain; version=0.0.4', ...secret } }
}

async function put(url: URL, message: { headers: Record<string, string>; body: string }, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: 'PUT', ...message, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]) })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}

/** Degrees Celsius of the warmest sensor that the kernel shows; undefined where it shows none. */
export async function warmestCelsius(folder = '/sys/class/thermal'): Promise<number | undefined> {
  const zones = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('thermal_zone'))
  const read = await Promise.all(zones.map((zone) => readFile(join(folder, zone, 'temp'), 'utf8').then(Number, () => Number.NaN)))
  const degrees = read.map((milli) => milli / 1000).filter((each) => each > 0 && each < 150)
  return degrees.length > 0 ? Math.round(Math.max(...degrees)) : undefined
}
