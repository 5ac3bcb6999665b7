import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Access } from './access/access.js'
import { openLocalCa } from './access/local-ca.js'
import { AuditTrail } from './access/audit.js'
import type { Config } from './config/config.js'
import { deviceKinds } from './devices/registry.js'
import { superviseDevices } from './devices/supervise.js'
import type { DeviceStatus, DeviceSupervisor } from './devices/supervise.js'
import { DamagedError, StoreFullError } from './domain/errors.js'
import type { Patient } from './domain/patient.js'
import { ageYearsOn } from './domain/patient.js'
import type { Problem } from './domain/problem.js'
import { problem } from './domain/problem.js'
import type { Study } from './domain/study.js'
import { createIngest } from './ingest/ingest.js'
import { createStudyCommands } from './patients/commands.js'
import { PatientRegistry } from './patients/patients.js'
import { todaysWorklist } from './patients/todays-worklist.js'
import { createOutgoing } from './pipeline/outgoing.js'
import { startReader } from './pipeline/reader/reader.js'
import type { Reader } from './pipeline/reader/reader.js'
import { startRunner } from './pipeline/runner.js'
import type { Clock } from './platform/clock.js'
import { freeBytes } from './platform/disk-space.js'
import { makeDirectoryDurable } from './platform/durable-fs.js'
import { dialableHost, lanAddresses } from './platform/network-addresses.js'
import type { Log } from './platform/log.js'
import { Mounts } from './platform/mounts.js'
import { studyReportPdf } from './report/pdf.js'
import { FolderInUseError } from './store/folder-lock.js'
import { StudyStore } from './store/study-store.js'
import { startUplink } from './uplink/uplink.js'
import type { DeviceView, SystemView } from './web/dependencies.js'
import { PortError, startWebServer } from './web/server.js'

/** What the process brings: everything outside the configuration. */
export type Surroundings = {
  readonly log: Log
  readonly clock: Clock
  readonly packsFolder: string
  readonly staticFolder: string
  readonly version: string
}

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

const RESERVE_BYTES = 256 * 1024 * 1024
/** A clock before this release's year was never set: a battery is dead and no network has corrected it. */
const EARLIEST_PLAUSIBLE_YEAR = 2026

/** Errors at start whose message tells a person what to do: a port or folder in use, a document that can't be read. */
export const isForPeople = (error: unknown): error is Error =>
  error instanceof PortError || error instanceof FolderInUseError || error instanceof DamagedError || error instanceof StoreFullError

type Closers = (() => PromiseLike<void>)[]

const closeAll = async (closers: Closers): Promise<void> => { for (const close of closers) await close() }

/** Every part of the appliance in start order; disposed in reverse, also when a later part could not start. */
export async function composeAppliance(config: Config, surroundings: Surroundings): Promise<Appliance> {
  const closers: Closers = []
  try {
    return await compose(config, surroundings, closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

async function compose(config: Config, { log, clock, ...surroundings }: Surroundings, closers: Closers): Promise<Appliance> {
  const keep = <T extends AsyncDisposable>(part: T): T => {
    closers.unshift(() => part[Symbol.asyncDispose]())
    return part
  }
  const folder = (name: string): string => join(config.dataFolder, name)
  const clockTrusted = (): boolean => clock.now().getUTCFullYear() >= EARLIEST_PLAUSIBLE_YEAR
  const startedAt = clock.now().toISOString()
  await makeDirectoryDurable(config.dataFolder)
  const reader = keep(await startReader({ packsFolder: surroundings.packsFolder, log }))
  const store = keep(await StudyStore.open({ root: config.dataFolder, clock, log, reserveBytes: RESERVE_BYTES }))
  const audit = keep(await AuditTrail.open({ folder: folder('audit'), clock }))
  const access = await Access.open({ folder: folder('access'), clock })
  const patients = await PatientRegistry.open({ folder: folder('patients'), clock })
  const deliver = createIngest({ store, clock, log, clockTrusted })
  const runner = startRunner({
    store, reader, log, clock, packsFolder: surroundings.packsFolder, operatingPoints: config.operatingPoints,
    patientAgeYears: (id) => ageToday(patients.find(id), clock)
  })
  closers.unshift(() => runner.close())
  const documents = createOutgoing({ store, siteName: config.siteName, softwareVersion: surroundings.version, patient: (id) => patients.find(id) })
  const uplink = keep(startUplink({ destinations: config.destinations, store, documents, clock, log }))
  const mounts = new Mounts()
  const devices = keep(superviseDevices({
    devices: config.devices, kinds: deviceKinds, deliver, spoolFolder: folder('spool'), clock, log,
    hasRoomFor: (bytes) => store.hasRoomFor(bytes), committed: (report) => uplink.committed(report),
    services: {
      worklist: (query) => Promise.resolve(todaysWorklist(patients, clock.now(), query)),
      mount: (path, handler) => mounts.mount(path, handler)
    }
  }))
  const isHealthy = async (): Promise<boolean> => runner.isAlive() && reader.status().alive && (await stat(folder('studies')).then(() => true, () => false))
  const pageProblems: Problem[] = []
  const problems = (): Problem[] => [...pageProblems, ...problemsOf({ devices, reader, store })]
  const system = async (): Promise<SystemView> => ({
    version: surroundings.version, siteName: config.siteName, startedAt, clockTrusted: clockTrusted(),
    disk: { freeBytes: await freeBytes(config.dataFolder), reserveBytes: RESERVE_BYTES }, dicom: dialable(dicomEndpointOf(devices)), warnings: problems(), destinations: uplink.status()
  })
  const ca = await openLocalCa({ folder: join(folder('access'), 'tls'), clock, clockTrusted, addresses: lanAddresses })
  const web = await startWebServer({
    listen: config.http, https: { ...config.https, ca }, store, patients, access, audit, deliver, system, isHealthy, clock, log, reader, mounts,
    commands: createStudyCommands({ store, patients, clock }),
    devices: { status: () => devices.status().map(viewOf), subscribe: (listener) => devices.subscribe(listener) },
    reportPdf: (study, patient) => reportOf({ store, config, clock }, study, patient),
    spoolFolder: folder('spool'), staticFolder: surroundings.staticFolder
  })
  if (web.https.problem) pageProblems.push(web.https.problem)
  closers.unshift(() => web.close())
  await devices.triedAll
  return {
    url: web.url, securePort: web.https.securePort, firstLoginPin: await access.newFirstLoginPin(), problems, isHealthy,
    dicomEndpoint: () => dicomEndpointOf(devices),
    [Symbol.asyncDispose]: () => closeAll(closers)
  }
}

const ageToday = (patient: Patient | undefined, clock: Clock): number | undefined => patient && ageYearsOn(patient, clock.now().toISOString())

/** What a technician should act on: devices that can't be opened, packs out of service, folders that are damaged. */
function problemsOf({ devices, reader, store }: { devices: DeviceSupervisor; reader: Reader; store: StudyStore }): Problem[] {
  const waiting = devices.status().filter(({ state }) => state === 'waiting')
  return [
    ...waiting.flatMap(({ deviceId, lastProblem }) => (lastProblem ? [{ ...lastProblem, message: `Device ${deviceId}: ${lastProblem.message}` }] : [])),
    ...reader.status().packs.flatMap((pack) => (pack.problem ? [pack.problem] : [])),
    ...store.damaged.map((id) => problem('damaged', `The folder of study ${id} is damaged and could not be restored. Keep it, and send its image again.`))
  ]
}

const STATES: Readonly<Record<DeviceStatus['state'], DeviceView['state']>> = { opening: 'waiting', open: 'connected', waiting: 'failed', closed: 'off' }

const viewOf = ({ deviceId, kind, state, detail, lastProblem, openedAt, lastArrivalAt, arrivals }: DeviceStatus): DeviceView => ({
  id: deviceId, kind, state: STATES[state], detail, problem: lastProblem, since: openedAt, lastArrivalAt, received: arrivals
})

const dicomEndpointOf = (devices: DeviceSupervisor): string | undefined =>
  devices.status().find((device) => device.endpoint !== undefined)?.endpoint

/** As a technician types it into a device: a wildcard host becomes an address of this machine. */
const dialable = (endpoint: string | undefined): string | undefined => endpoint?.replace(/@(.*):/, (_, host: string) => `@${dialableHost(host)}:`)

type ReportParts = { readonly store: StudyStore; readonly config: Config; readonly clock: Clock }

async function reportOf({ store, config, clock }: ReportParts, study: Study, patient: Patient | undefined): Promise<Buffer> {
  const derived = (role: 'preview' | 'heatmap') => study.reading?.derived.find((file) => file.role === role)?.name
  const load = async (name: string | undefined) => (name === undefined ? undefined : readFile(join(store.derivedFolder(study.id), name)).catch(() => undefined))
  return studyReportPdf({
    study, patient, image: await load(derived('preview')), heatmap: await load(derived('heatmap')),
    siteName: config.siteName, locale: 'en', generatedAt: clock.now().toISOString()
  })
}
