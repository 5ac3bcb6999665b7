import { askWorklist, type AnsweredWorklist, type Days } from '../../dicom/find-scu-worklist.js'
import type { WorklistItem } from '../../domain/worklist.js'
import { waitMs } from '../../platform/backoff.js'
import type { Clock } from '../../platform/clock.js'
import type { Log } from '../../platform/log.js'
import { readTls, type TlsOption } from '../transports/tls-files.js'
import { readWorklistCache, writeWorklistCache } from './worklist-cache.js'

/** Whom to ask, as whom, and how often. */
export type WorklistSource = { readonly host: string; readonly port: number; readonly aeTitle: string; readonly callingAeTitle: string; readonly everyMinutes: number; /** Encrypted; by default not. */ readonly tls?: TlsOption | undefined }
export type CentreWorklistOptions = { readonly worklist: WorklistSource | undefined; readonly folder: string; readonly clock: Clock; readonly log: Log }
export type CentreWorklist = AsyncDisposable & {
  /** Whom the centre sent, for today and the days after; served from the disk while there is no link. */
  items(): readonly WorklistItem[]
}

/** A clinic whose link is down for some days still knows whom the centre expects there. */
const DAYS_AHEAD = 6
/** A link that lives for ten minutes a day is not missed. */
const RETRY_MS = 60_000
const DAY_MS = 24 * 60 * 60_000
const TIMES = { connectMs: 15_000, answerMs: 60_000, leastBytesPerSecond: 1_000 }

/**
 * Asks the centre for its modality worklist now and every `everyMinutes`, sooner while it can't be reached, and keeps the answer on the disk.
 * Without `worklist` in the site file it does nothing.
 */
export async function startCentreWorklist({ worklist, folder, clock, log }: CentreWorklistOptions): Promise<CentreWorklist> {
  if (!worklist) return { items: () => [], [Symbol.asyncDispose]: () => Promise.resolve() }
  let items = (await readWorklistCache(folder, log))?.items ?? []
  const stop = new AbortController()
  const keep = async (answered: AnsweredWorklist): Promise<void> => {
    items = answered.items
    await writeWorklistCache(folder, { formatVersion: 1, fetchedAt: clock.now().toISOString(), items }).catch(() => {
      log.warn('centre-worklist-not-kept', { next: 'It holds until the next start. Make room on the disk.' })
    })
  }
  const running = run(worklist, { clock, log, signal: stop.signal, keep })
  return {
    items: () => items,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    }
  }
}

type Running = Pick<CentreWorklistOptions, 'clock' | 'log'> & { readonly signal: AbortSignal; keep(answered: AnsweredWorklist): Promise<void> }

async function run({ host, port, aeTitle: calledAe, callingAeTitle: callingAe, everyMinutes, tls: files }: WorklistSource, { clock, log, signal, keep }: Running): Promise<void> {
  const everyMs = everyMinutes * 60_000
  let last = ''
  while (!signal.aborted) {
    const tls = await readTls(files)
    const answered = tls.ok ? await askWorklist({ host, port, calledAe, callingAe, ...(tls.value ? { tls: tls.value } : {}) }, daysFrom(clock.now()), { ...TIMES, signal }) : tls
    if (signal.aborted) return
    if (answered.ok) await keep(answered.value)
    // Said once for each change: a link that is down is no news every minute.
    const now = answered.ok ? said(answered.value) : answered.error.code
    if (now !== last) report(answered, log)
    last = now
    await waitMs(answered.ok ? everyMs : Math.min(everyMs, RETRY_MS), signal)
  }
}

const said = ({ items, unusable, cutShort }: AnsweredWorklist): string => [items.length, unusable, cutShort].join(' ')

function report(answered: Awaited<ReturnType<typeof askWorklist>>, log: Log): void {
  if (!answered.ok) return log.warn('centre-worklist-not-fetched', { problem: answered.error.code, next: 'What was fetched last stays in use; it is tried again by itself. Check worklist in the site file if it never comes.' })
  const { items, unusable, cutShort } = answered.value
  log.info('centre-worklist-fetched', { items: items.length })
  if (unusable > 0) log.warn('centre-worklist-incomplete', { unusable, next: 'Entries without a patient number, a name or a day are left out. Ask the centre to complete them.' })
  if (cutShort) log.warn('centre-worklist-cut-short', { next: 'The centre has more entries than are read. Ask it to answer this clinic with its own alone.' })
}

const two = (part: number): string => String(part).padStart(2, '0')
/** The clinic's day, yyyy-mm-dd. */
const dayOf = (time: Date): string => [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-')
const daysFrom = (now: Date): Days => ({ from: dayOf(now), to: dayOf(new Date(now.getTime() + DAYS_AHEAD * DAY_MS)) })
