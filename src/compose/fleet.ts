import type { Problem } from '../domain/problem.js'
import type { Heartbeat } from '../operations/heartbeat.js'
import { startHeartbeat, warmestCelsius } from '../operations/heartbeat-sender.js'
import { freeBytes } from '../platform/disk-space.js'
import type { Keeping } from './keeping.js'
import type { Setting } from './surroundings.js'
import type { Working } from './working.js'

type Parts = Pick<Keeping, 'store' | 'reader'> & Pick<Working, 'uplink'> & { readonly problems: () => readonly Problem[] }

/** Last stage: the centre hears how the box is, where the site wants it. */
export function composeFleet(setting: Setting, parts: Parts): void {
  const { config: { fleet }, log, keep } = setting
  if (!fleet) return
  keep(startHeartbeat({ gateway: fleet.gateway, box: fleet.box, everyMs: fleet.everyMinutes * 60_000, log, read: () => readHeartbeat(setting, parts) }))
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
