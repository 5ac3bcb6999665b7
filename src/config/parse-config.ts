import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { Config, DeviceConfig } from './config.js'
import { DEFAULT_AE_TITLE, DEFAULT_DICOM_PORT, DEFAULT_HTTPS_PORT, DEFAULT_HTTP_PORT } from './config.js'
import { careOf } from './parse-care.js'
import type { DestinationKinds } from './parse-destinations.js'
import { parseDestinations } from './parse-destinations.js'
import { archiveProblems, archivesOf } from './parse-archives.js'
import { fleetProblems } from './parse-fleet.js'
import type { SiteFile } from './site-file.js'
import { parseSiteFile } from './site-file.js'

/** The kinds of device that can be configured, each with the parser of its own options. */
export type DeviceKinds = readonly { readonly kind: string; parseOptions(raw: unknown): Result<unknown, Problem[]> }[]

export type ConfigSources = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `--data`, absolute. */
  readonly dataFlag?: string
  /** Absolute path used when neither flag nor environment names one. */
  readonly defaultDataFolder: string
  /** The parsed JSON of the site file, when there is one. */
  readonly site?: unknown
  readonly deviceKinds: DeviceKinds
  readonly destinationKinds: DestinationKinds
}

/** Environment, flags and site file to one checked configuration, or every problem at once. */
export function parseConfig(sources: ConfigSources): Result<Config, Problem[]> {
  const problems: Problem[] = []
  const httpPort = parsePort(sources.env, 'SCREENPOST_HTTP_PORT', DEFAULT_HTTP_PORT, problems)
  const httpsPort = parsePort(sources.env, 'SCREENPOST_HTTPS_PORT', DEFAULT_HTTPS_PORT, problems)
  const dicomPort = parsePort(sources.env, 'SCREENPOST_DICOM_PORT', DEFAULT_DICOM_PORT, problems)
  const site = sources.site === undefined ? {} : take(parseSiteFile(sources.site), problems, {})
  const dataFolder = sources.dataFlag ?? sources.env['SCREENPOST_DATA'] ?? sources.defaultDataFolder
  const devices = parseDevices(site.devices ?? defaultDevices(dataFolder, dicomPort), sources.deviceKinds, problems)
  const destinations = take(parseDestinations(site.destinations ?? [], sources.destinationKinds, { callingAeTitle: callingAeTitle(devices) }), problems, [])
  const archives = archivesOf(site)
  problems.push(...archiveProblems(site, destinations))
  problems.push(...fleetProblems(site.fleet, destinations))
  problems.push(...unknownDevices(site.nothingWritten ?? [], devices))
  if (problems.length > 0) return err(problems)
  return ok({
    dataFolder, devices, destinations,
    siteName: site.name ?? 'Screenpost', language: site.language ?? 'en',
    http: { host: site.http?.host ?? '0.0.0.0', port: httpPort },
    https: { port: httpsPort, allowPlain: site.http?.allowPlain ?? false },
    operatingPoints: site.operatingPoints ?? {},
    ...careOf(site, archives), ...(site.nothingWritten ? { nothingWritten: site.nothingWritten } : {}), ...(site.fleet ? { fleet: site.fleet } : {}), ...(site.updates ? { updates: site.updates } : {}), ...(site.programmes ? { programmes: site.programmes } : {}),
    ...(site.worklist ? { worklist: { ...site.worklist, callingAeTitle: site.worklist.callingAeTitle ?? callingAeTitle(devices) } } : {})
  })
}

/** As which we call a PACS: the title that we receive under, so that it finds the way back. */
function callingAeTitle(devices: readonly DeviceConfig[]): string {
  const options = devices.find(({ kind }) => kind === 'dicom')?.options as { readonly aeTitle?: string } | undefined
  return options?.aeTitle ?? DEFAULT_AE_TITLE
}

/** What a tablet uploads has this id as its device. */
const UPLOADS = 'upload'

const unknownDevices = (said: readonly string[], devices: readonly DeviceConfig[]): Problem[] => said.flatMap((station, index) => {
  const [id = ''] = station.split(':')
  return id === UPLOADS || devices.some((device) => device.id === id) ? [] : [problem('unknown-device', `expected the id of a device of this file, or ${UPLOADS}; got ${id}`, `nothingWritten[${index}]`)]
})

function take<T>(result: Result<T, Problem[]>, problems: Problem[], fallback: T): T {
  if (result.ok) return result.value
  problems.push(...result.error)
  return fallback
}

function parsePort(env: ConfigSources['env'], name: string, fallback: number, problems: Problem[]): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  problems.push(problem('bad-port', `expected a whole number from 0 (any free port) to 65535; got ${text}`, name))
  return fallback
}

function defaultDevices(dataFolder: string, dicomPort: number): NonNullable<SiteFile['devices']> {
  return [
    { id: 'dicom', kind: 'dicom', options: { host: '0.0.0.0', port: dicomPort, aeTitle: DEFAULT_AE_TITLE } },
    { id: 'inbox', kind: 'watched-folder', options: { folder: `${dataFolder}/inbox` } },
    { id: 'dicomweb', kind: 'stow', options: {} }
  ]
}

function parseDevices(entries: NonNullable<SiteFile['devices']>, kinds: DeviceKinds, problems: Problem[]): DeviceConfig[] {
  const seen = new Set<string>()
  return entries.flatMap((entry, index) => {
    const path = `devices[${index}]`
    if (seen.has(entry.id)) problems.push(problem('twice', `another device has the id ${entry.id}; choose a different one`, `${path}.id`))
    seen.add(entry.id)
    const kind = kinds.find((candidate) => candidate.kind === entry.kind)
    if (!kind) {
      problems.push(problem('unknown-kind', `expected one of ${kinds.map((k) => k.kind).join(', ')}; got ${entry.kind}`, `${path}.kind`))
      return []
    }
    const options = kind.parseOptions(entry.options)
    if (options.ok) return [{ id: entry.id, kind: entry.kind, options: options.value }]
    problems.push(...options.error.map((each) => problem(each.code, each.message, each.path ? `${path}.options.${each.path}` : `${path}.options`)))
    return []
  })
}
