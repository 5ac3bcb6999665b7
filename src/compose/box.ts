import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseConfig } from '../config/parse-config.js'
import { deviceKinds } from '../devices/registry.js'
import type { Problem } from '../domain/problem.js'
import { makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import { programmes } from '../programmes/programmes.js'
import type { BoxSettings } from '../provisioning/box-settings.js'
import { DEFAULT_BOX_SETTINGS, parseBoxSettings } from '../provisioning/box-settings.js'
import { transportKinds } from '../uplink/transports/registry.js'
import type { BoxChange, BoxDoor, BoxPart, BoxView } from '../web/box-door.js'
import { destinationOf, deviceOf } from './box-parts.js'

/** Where the box's settings are: `siteFile` is in force; wishes are written below `dataFolder` and taken by `screenpost provision apply`. */
export type BoxPlaces = { readonly siteFile: string; readonly dataFolder: string; /** `/` of the machine. */ readonly root: string }
type Site = { readonly name?: string; readonly programmes?: readonly string[]; readonly devices?: readonly BoxPart[]; readonly destinations?: readonly BoxPart[] }

/** The settings of the machine as the page shows and changes them. */
export function openBox(places: BoxPlaces): BoxDoor {
  return {
    view: () => viewOf(places),
    async change(change) {
      switch (change.part) {
        case 'clinic': return [...await saveSite(places, (site) => ({ ...site, name: change.name, programmes: change.programmes })), ...await saveSettings(places, { timezone: change.timezone })]
        case 'network': return saveNetwork(places, change)
        case 'power': return saveSettings(places, { savePower: change.savePower, powerMode: change.powerMode === '' ? undefined : Number(change.powerMode) })
        case 'add-device': return add(places, 'devices', deviceOf(change.fields))
        case 'add-destination': return add(places, 'destinations', destinationOf(change.fields))
        case 'remove-device': return saveSite(places, (site) => ({ ...site, devices: (site.devices ?? []).filter(({ id }) => id !== change.id) }))
        case 'remove-destination': return saveSite(places, (site) => ({ ...site, destinations: (site.destinations ?? []).filter(({ id }) => id !== change.id) }))
      }
    }
  }
}

async function viewOf(places: BoxPlaces): Promise<BoxView> {
  const [site, { wifi, wired, timezone, savePower, powerMode }, powerModes, plugged] = await Promise.all([siteOf(places), settingsOf(places), powerModesOf(places.root), pluggedOf(places.root)])
  const parts = (all: readonly BoxPart[] = []): BoxPart[] => all.map(({ id, kind }) => ({ id, kind }))
  return {
    clinic: site.name ?? '', timezone, timezones: [...new Set(['UTC', timezone, ...Intl.supportedValuesOf('timeZone')])], wired, savePower, powerModes, plugged,
    ...(wifi ? { wifi: { name: wifi.name, country: wifi.country, channel: wifi.channel } } : {}), ...(powerMode === undefined ? {} : { powerMode }),
    programmes: programmes.map(({ id }) => ({ id, runs: site.programmes?.includes(id) ?? true })),
    devices: parts(site.devices), destinations: parts(site.destinations), deviceKinds: deviceKinds.map(({ kind }) => kind), destinationKinds: transportKinds.map(({ kind }) => kind)
  }
}

const wish = ({ dataFolder }: BoxPlaces, name: string): string => join(dataFolder, 'box', name)

async function jsonOf(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text === '' ? undefined : JSON.parse(text)
}

/** What is wished and not yet taken, else what is in force. */
const siteOf = async (places: BoxPlaces): Promise<Site> => (await jsonOf(wish(places, 'site.json')) ?? await jsonOf(places.siteFile) ?? {}) as Site

async function settingsOf(places: BoxPlaces): Promise<BoxSettings> {
  const parsed = parseBoxSettings(await jsonOf(wish(places, 'settings.json')) ?? DEFAULT_BOX_SETTINGS)
  return parsed.ok ? parsed.value : DEFAULT_BOX_SETTINGS
}

async function save(places: BoxPlaces, name: string, value: unknown): Promise<void> {
  await makeDirectoryDurable(join(places.dataFolder, 'box'))
  await writeFileDurable(wish(places, name), Buffer.from(`${JSON.stringify(value, undefined, 1)}\n`))
}

/** Checked as the service will check it at its start: a site that it would refuse is never written. */
async function saveSite(places: BoxPlaces, next: (site: Site) => unknown): Promise<readonly Problem[]> {
  const site = next(await siteOf(places))
  const checked = parseConfig({ env: {}, dataFlag: places.dataFolder, defaultDataFolder: places.dataFolder, site, deviceKinds, destinationKinds: transportKinds })
  if (!checked.ok) return checked.error
  await save(places, 'site.json', site)
  return []
}

async function saveSettings(places: BoxPlaces, part: Readonly<Record<string, unknown>>): Promise<readonly Problem[]> {
  const checked = parseBoxSettings({ ...await settingsOf(places), ...part })
  if (!checked.ok) return checked.error
  await save(places, 'settings.json', checked.value)
  return []
}

async function saveNetwork(places: BoxPlaces, { ssid, passphrase, country, channel, wired }: BoxChange & { readonly part: 'network' }): Promise<readonly Problem[]> {
  const before = (await settingsOf(places)).wifi
  const wifi = ssid === '' ? before : { name: ssid, passphrase: passphrase === '' ? before?.passphrase ?? '' : passphrase, country: country.toUpperCase(), channel: Number(channel) }
  return saveSettings(places, { wired, ...(wifi ? { wifi } : {}) })
}

async function add(places: BoxPlaces, list: 'devices' | 'destinations', part: ReturnType<typeof deviceOf>): Promise<readonly Problem[]> {
  if (!part.ok) return [part.error]
  return saveSite(places, (site) => ({ ...site, [list]: [...(site[list] ?? []), part.value] }))
}

/** The modes of NVIDIA's `nvpmodel`, from its own file. */
async function powerModesOf(root: string): Promise<BoxView['powerModes']> {
  const text = await readFile(join(root, 'etc/nvpmodel.conf'), 'utf8').catch(() => '')
  return [...text.matchAll(/^<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>/gm)].map(([, id, name]) => ({ id: Number(id), name: name ?? '' }))
}

async function pluggedOf(root: string): Promise<string[]> {
  const found = await Promise.all(['dev/serial/by-id', 'dev/v4l/by-id'].map(async (folder) => (await readdir(join(root, folder)).catch(() => [])).map((name) => `/${folder}/${name}`)))
  return found.flat().toSorted()
}
