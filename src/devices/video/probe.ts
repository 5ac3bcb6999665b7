import type { ProbeReport } from '../../domain/device-report.js'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import { waitMs } from '../../platform/backoff.js'
import type { ProbeHost } from '../device-kind.js'
import { Grabber } from './grabber.js'
import type { VideoOptions } from './options.js'
import { noPicture } from './problems.js'

const MEASURE_MS = 2000
const GIVE_UP_MS = 7000

/** Whether a moving picture comes, and how fast. */
export async function probeVideo(options: VideoOptions, { clock }: Pick<ProbeHost, 'clock'>): Promise<ProbeReport> {
  const grabber = new Grabber(options, clock)
  try {
    const seen = await Promise.race([grabber.next(), grabber.ended, waitMs(GIVE_UP_MS)])
    if (!seen || 'code' in seen) return probeFailed(seen ?? noPicture)
    const startedMs = clock.monotonicMs()
    let frames = 0
    while (clock.monotonicMs() - startedMs < MEASURE_MS && (await grabber.next())) frames += 1
    const rate = frames / ((clock.monotonicMs() - startedMs) / 1000)
    return probeOk(`A picture comes from ${options.input}.`, `${rate.toFixed(0)} frames a second reach the tablet.`)
  } finally {
    await grabber.stop()
  }
}
