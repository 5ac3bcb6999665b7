import { join } from 'node:path'
import { dicomEndpointOf } from './compose/device-views.js'
import { openClockKeeper } from './compose/clock.js'
import { composeCaring } from './compose/caring.js'
import { composeFleet } from './compose/fleet.js'
import { composeFront } from './compose/front.js'
import { composeKeeping } from './compose/keeping.js'
import { composeUplink } from './compose/outward.js'
import type { Setting, Surroundings } from './compose/surroundings.js'
import { composeWorking } from './compose/working.js'
import type { Config } from './config/config.js'
import { DamagedError, StoreFullError } from './domain/errors.js'
import type { Problem } from './domain/problem.js'
import { CorrectedClock } from './platform/clock.js'
import { makeDirectoryDurable } from './platform/durable-fs.js'
import { FolderInUseError } from './store/folder-lock.js'
import type { Uplink } from './uplink/uplink.js'
import { PortError } from './web/server.js'

export type { Surroundings } from './compose/surroundings.js'

export type Appliance = AsyncDisposable & {
  readonly url: string
  /** Where other machines find the page by HTTPS; undefined when that port could not be opened. */
  readonly securePort: number | undefined
  /** Present until the first administrator exists. */
  readonly firstLoginPin: string | undefined
  /** `AET@HOST:PORT`, or undefined while DICOM is not listening. */
  dicomEndpoint(): string | undefined
  /** What a technician should act on now. */
  problems(): readonly Problem[]
  /** False while store or disk do not answer, or inference has not for half an hour: systemd may then begin anew. */
  isAlive(): Promise<boolean>
}

/** Errors at start whose message tells a person what to do: a port or folder in use, a document that can't be read. */
export const isForPeople = (error: unknown): error is Error =>
  error instanceof PortError || error instanceof FolderInUseError || error instanceof DamagedError || error instanceof StoreFullError

type Closers = (() => PromiseLike<void>)[]

const closeAll = async (closers: Closers): Promise<void> => { for (const close of closers) await close() }

/** Every part of the appliance in start order, stage by stage (`compose/`); disposed in reverse, also when a later part could not start. */
export async function composeAppliance(config: Config, surroundings: Surroundings): Promise<Appliance> {
  const closers: Closers = []
  try {
    return await compose(await settingOf(config, surroundings, closers), closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

export type Exporting = AsyncDisposable & { readonly uplink: Uplink }

/** Only what brings studies out of the house: no devices, no page. */
export async function composeExport(config: Config, surroundings: Surroundings): Promise<Exporting> {
  const closers: Closers = []
  try {
    const setting = await settingOf(config, surroundings, closers)
    const uplink = composeUplink(setting, await composeKeeping(setting))
    return { uplink, [Symbol.asyncDispose]: () => closeAll(closers) }
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

async function settingOf(config: Config, surroundings: Surroundings, closers: Closers): Promise<Setting> {
  const folder = (name: string): string => join(config.dataFolder, name)
  await makeDirectoryDurable(config.dataFolder)
  const clock = new CorrectedClock(surroundings.clock)
  const clockKeeper = await openClockKeeper(folder('operations'), clock, surroundings.log)
  closers.unshift(() => clockKeeper[Symbol.asyncDispose]())
  return {
    ...surroundings, config, clock, clockKeeper, startedAt: clock.now().toISOString(), folder,
    clockTrusted: () => clockKeeper.trusted(),
    keep: (part) => {
      closers.unshift(() => part[Symbol.asyncDispose]())
      return part
    },
    onClose: (close) => void closers.unshift(close)
  }
}

async function compose(setting: Setting, closers: Closers): Promise<Appliance> {
  const keeping = await composeKeeping(setting)
  const working = await composeWorking(setting, keeping)
  const caring = await composeCaring(setting, keeping)
  const { web, problems, isAlive } = await composeFront(setting, { ...keeping, ...working, ...caring })
  composeFleet(setting, { ...keeping, ...working, problems })
  await working.devices.triedAll
  return {
    url: web.url, securePort: web.https.securePort, firstLoginPin: await keeping.access.newFirstLoginPin(setting.setupCode), problems, isAlive,
    dicomEndpoint: () => dicomEndpointOf(working.devices),
    [Symbol.asyncDispose]: () => closeAll(closers)
  }
}
