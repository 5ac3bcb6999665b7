/** What a centre wants to know of each box; numbers and versions, nothing of a patient. */
export type Heartbeat = {
  readonly version: string
  /** Packs in service, `<id>/<version>`. */
  readonly packs: readonly string[]
  readonly provider: string
  /** Studies received and not read yet; documents and images not delivered yet. */
  readonly waiting: number
  readonly undelivered: number
  readonly diskFreeBytes: number
  /** Of the warmest sensor; absent where there is none. */
  readonly celsius?: number
  /** Of the studies with a verdict, how many were ungradable, 0..1; absent before the first. */
  readonly ungradableShare?: number
  readonly problems: number
  readonly clockTrusted: boolean
}

/** Whatever number of packs a box has, a heartbeat stays below this: it may cross a satellite link. */
export const LONGEST_HEARTBEAT_BYTES = 1000

const label = (text: string): string => `"${text.replace(/[^A-Za-z0-9._/-]/g, '_').slice(0, 40)}"`

/**
 * The heartbeat in Prometheus' text format (version 0.0.4), as a Pushgateway takes it. Names of packs are left out from the end
 * when all of them would not fit.
 */
export function renderHeartbeat(beat: Heartbeat): string {
  const numbers = [
    `screenpost_box_info{version=${label(beat.version)},provider=${label(beat.provider)}} 1`,
    `screenpost_box_waiting ${beat.waiting}`, `screenpost_box_undelivered ${beat.undelivered}`, `screenpost_box_disk_free_bytes ${beat.diskFreeBytes}`,
    ...(beat.celsius === undefined ? [] : [`screenpost_box_celsius ${beat.celsius}`]),
    ...(beat.ungradableShare === undefined ? [] : [`screenpost_box_ungradable_share ${beat.ungradableShare.toFixed(3)}`]),
    `screenpost_box_problems ${beat.problems}`, `screenpost_box_clock_trusted ${beat.clockTrusted ? 1 : 0}`
  ]
  const lines = [...numbers]
  for (const pack of beat.packs) {
    const line = `screenpost_box_pack{pack=${label(pack)}} 1`
    if ([...lines, line].join('\n').length + 1 > LONGEST_HEARTBEAT_BYTES) break
    lines.push(line)
  }
  return `${lines.join('\n')}\n`
}
