import type { Problem } from '../domain/problem.js'
import type { Heartbeat } from '../domain/heartbeat.js'
import { encodeHeartbeat } from '../domain/heartbeat.js'
import type { HeartbeatOptions } from '../operations/heartbeat-sender.js'
import { startHeartbeat, toGateway, warmestCelsius } from '../operations/heartbeat-sender.js'
import { freeBytes } from '../platform/disk-space.js'
import type { Keeping } from './keeping.js'
import type { Setting } from './surroundings.js'
import type { Working } from './working.js'

type Parts = Pick<Keeping, 'store' | 'reader'> & Pick<Working, 'uplink'> & { readonly problems: () => readonly Problem[] }

/** Last stage: the centre hears how the box is, where the site wants it: with the uplink to a relay, or over a line of its own to a Pushgateway. */
export function composeFleet(setting: Setting, parts: Parts): void {
  const { config: { fleet }, log, keep } = setting
  if (!fleet) return
  const withUplink: HeartbeatOptions['deliver'] = async (beat) => { parts.uplink.beat(encodeHeartbeat(beat)); return undefined }
  const deliver = fleet.gateway === undefined ? withUplink : toGateway(fleet.gateway, fleet.box ?? '')
  keep(startHeartbeat({ everyMs: fleet.everyMinutes * 60_000, log, deliver, read: () => readHeartbeat(setting, parts) }))
}

async function readHeartbeat({ version, config, clockTrusted }: Setting, { store, reader, uplink, problems }: Parts): Promise<Heartbeat> {
  const { byState, byLevel, total } = store.counts()
  const { provider, packs } = reader.status()
  const celsius = await warmestCelsius()
  // The level of what is not read yet, or could not be, is `none` too.
  const ungradable = Math.max(0, byLevel.none - (total - byState.ready))
  return {
    version, provider, packs: packs.filter(({ inService }) => inService).map((pack) => `${pack.id}/${pack.version}`),
    waiting: byState.received + byState.analysing,
    undelivered: uplink.status().reduce((sum, destination) => sum + destination.outstanding, 0),
    diskFreeBytes: await freeBytes(config.dataFolder), ...(celsius === undefined ? {} : { celsius }),
    ...(byState.ready > 0 ? { ungradableShare: ungradable / byState.ready } : {}),
    problems: problems().length, clockTrusted: clockTrusted()
  }
}
