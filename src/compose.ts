import { join } from 'node:path'
import { dicomEndpointOf } from './compose/device-views.js'
import { composeCaring } from './compose/caring.js'
import { composeFront } from './compose/front.js'
import { composeKeeping } from './compose/keeping.js'
import type { Setting, Surroundings } from './compose/surroundings.js'
import { composeWorking } from './compose/working.js'
import type { Config } from './config/config.js'
import { DamagedError, StoreFullError } from './domain/errors.js'
import type { Problem } from './domain/problem.js'
import { makeDirectoryDurable } from './platform/durable-fs.js'
import { FolderInUseError } from './store/folder-lock.js'
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
  /** False while store, disk or reader do not answer. */
  isHealthy(): Promise<boolean>
}

/** A clock before this release's year was never set: a battery is dead and no network has corrected it. */
const EARLIEST_PLAUSIBLE_YEAR = 2026

/** Errors at start whose message tells a person what to do: a port or folder in use, a document that can't be read. */
export const isForPeople = (error: unknown): error is Error =>
  error instanceof PortError || error instanceof FolderInUseError || error instanceof DamagedError || error instanceof StoreFullError

type Closers = (() => PromiseLike<void>)[]

const closeAll = async (closers: Closers): Promise<void> => { for (const close of closers) await close() }

/** Every part of the appliance in start order, stage by stage (`compose/`); disposed in reverse, also when a later part could not start. */
export async function composeAppliance(config: Config, surroundings: Surroundings): Promise<Appliance> {
  const closers: Closers = []
  try {
    return await compose(settingOf(config, surroundings, closers), closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

function settingOf(config: Config, surroundings: Surroundings, closers: Closers): Setting {
  const { clock } = surroundings
  return {
    ...surroundings, config, startedAt: clock.now().toISOString(),
    folder: (name) => join(config.dataFolder, name),
    clockTrusted: () => clock.now().getUTCFullYear() >= EARLIEST_PLAUSIBLE_YEAR,
    keep: (part) => {
      closers.unshift(() => part[Symbol.asyncDispose]())
      return part
    },
    onClose: (close) => void closers.unshift(close)
  }
}

async function compose(setting: Setting, closers: Closers): Promise<Appliance> {
  await makeDirectoryDurable(setting.config.dataFolder)
  const keeping = await composeKeeping(setting)
  const working = composeWorking(setting, keeping)
  const caring = await composeCaring(setting, keeping)
  const { web, problems, isHealthy } = await composeFront(setting, { ...keeping, ...working, ...caring })
  await working.devices.triedAll
  return {
    url: web.url, securePort: web.https.securePort, firstLoginPin: await keeping.access.newFirstLoginPin(setting.setupCode), problems, isHealthy,
    dicomEndpoint: () => dicomEndpointOf(working.devices),
    [Symbol.asyncDispose]: () => closeAll(closers)
  }
}
