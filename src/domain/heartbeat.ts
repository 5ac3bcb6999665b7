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

export type Sample = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }

const label = (text: string): string => text.replace(/[^A-Za-z0-9._/-]/g, '_').slice(0, 40)

/** The heartbeat as Prometheus counts: a name, labels and a number each; packs come last. */
export function samplesOf(beat: Heartbeat): readonly Sample[] {
  const sample = (name: string, value: number, labels: Record<string, string> = {}): Sample => ({ name: `screenpost_box_${name}`, labels, value })
  return [
    sample('info', 1, { version: label(beat.version), provider: label(beat.provider) }),
    sample('waiting', beat.waiting), sample('undelivered', beat.undelivered), sample('disk_free_bytes', beat.diskFreeBytes),
    ...(beat.celsius === undefined ? [] : [sample('celsius', beat.celsius)]),
    ...(beat.ungradableShare === undefined ? [] : [sample('ungradable_share', Number(beat.ungradableShare.toFixed(3)))]),
    sample('problems', beat.problems), sample('clock_trusted', beat.clockTrusted ? 1 : 0),
    ...beat.packs.map((pack) => sample('pack', 1, { pack: label(pack) }))
  ]
}

/** As it crosses the uplink: JSON. Names of packs are left out from the end when all of them would not fit. */
export function encodeHeartbeat(beat: Heartbeat): string {
  const said: Heartbeat = { ...beat, version: label(beat.version), provider: label(beat.provider), packs: beat.packs.map(label) }
  for (let packs = said.packs.length; packs >= 0; packs -= 1) {
    const text = JSON.stringify({ ...said, packs: said.packs.slice(0, packs) })
    if (text.length <= LONGEST_HEARTBEAT_BYTES) return text
  }
  return '{}'
}
