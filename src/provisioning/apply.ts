import { chmod, copyFile, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err } from '../domain/result.js'
import { isErrno } from '../platform/durable-fs.js'
import type { BoxSettings } from './box-settings.js'
import { DEFAULT_BOX_SETTINGS, parseBoxSettings } from './box-settings.js'
import type { DeviceIdentity } from './identity.js'
import type { CheckSite, Enrolment } from './enrol.js'
import { enrol } from './enrol.js'
import { takeBackupCredentials } from './backup-credentials.js'
import { openIdentity } from './identity.js'
import { dnsmasqConf, hostapdConf, interfacesNft } from './render-network.js'
import { tellService } from './take-bundle.js'
import { takeWishedSite } from './wished-site.js'

/** Where things are: `state` is root's own folder on the data partition, `data` the service's, `root` the system's (`/`). */
export type BoxFolders = { readonly state: string; readonly data: string; readonly root: string }
/** `checkSite` says what is wrong with a site file; `show` gets the bundle of a site before it is taken. */
export type ApplyOptions = { readonly checkSite: CheckSite; show(bundle: NonNullable<Enrolment['taken']>): void }
export type Applied = { readonly identity: DeviceIdentity; readonly settings: BoxSettings; readonly problems: readonly Problem[] }

/**
 * Makes the identity at the first start, takes the centre's key and the site's bundle from the start partition, and turns the site's settings into the system's configuration, all of it in folders that
 * are gone with the power (`/run`, `/etc` in memory). Settings that are not in order are left alone: the ones in force stay.
 */
export async function applyBox(folders: BoxFolders, options: ApplyOptions): Promise<Applied> {
  const start = join(folders.root, 'efi')
  const identity = await openIdentity(folders.state, join(start, 'label-code'))
  const enrolled = await enrol({ ...folders, start }, options)
  await tellService(folders)
  const credentials = await takeBackupCredentials(start, folders.state)
  const { settings, problems } = await settingsInForce(folders)
  const refused = await takeWishedSite(folders, options.checkSite)
  const wifi = settings.wifi ?? firstWifi(identity)
  const run = join(folders.root, 'run/screenpost')
  await mkdir(run, { recursive: true })
  await secret(join(run, 'hostapd.conf'), hostapdConf({ ...wifi, channel: wifi.channel }))
  await writeFile(join(run, 'dnsmasq.conf'), dnsmasqConf())
  await writeFile(join(run, 'interfaces.nft'), interfacesNft(settings, await wiredInterfaces(folders.root)))
  await writeFile(join(run, 'environment'), `SCREENPOST_BOX=1\n${settings.savePower ? 'SCREENPOST_SAVE_POWER=1\n' : ''}`)
  await writeFile(join(run, 'power-mode'), settings.powerMode === undefined ? '' : `${settings.powerMode}\n`)
  await applyTimezone(folders.root, settings.timezone)
  await siteFile(folders)
  return { identity, settings, problems: [...enrolled.problems, ...credentials, ...problems, ...refused] }
}

/** Before the setup: a name that says which box, locked with the label's code, so that only who holds the box comes in. */
const firstWifi = ({ deviceId, labelCode }: DeviceIdentity): NonNullable<BoxSettings['wifi']> =>
  ({ name: `Screenpost-${deviceId.slice(0, 4)}`, passphrase: labelCode, country: '00', channel: 6 })

async function settingsInForce({ state, data }: BoxFolders): Promise<{ settings: BoxSettings; problems: readonly Problem[] }> {
  const accepted = join(state, 'settings.json')
  const wished = await readSettings(join(data, 'box/settings.json'))
  if (wished?.ok) {
    await secret(accepted, `${JSON.stringify(wished.value, undefined, 1)}\n`)
    return { settings: wished.value, problems: [] }
  }
  const before = await readSettings(accepted)
  return { settings: before?.ok ? before.value : DEFAULT_BOX_SETTINGS, problems: wished ? wished.error : [] }
}

async function readSettings(path: string): Promise<Result<BoxSettings, Problem[]> | undefined> {
  try {
    return parseBoxSettings(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    return err([problem('bad-settings', 'The settings are not JSON. Save them again on the page.')])
  }
}

async function secret(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  await chmod(path, 0o600)
}

/** Network cards with a cable: no Wi-Fi, no modem, nothing virtual. */
async function wiredInterfaces(root: string): Promise<string[]> {
  const folder = join(root, 'sys/class/net')
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => /^(en|eth)/.test(name))
}

async function applyTimezone(root: string, timezone: string): Promise<void> {
  const path = join(root, 'etc/localtime')
  await mkdir(join(root, 'etc'), { recursive: true })
  await rm(path, { force: true })
  await symlink(`../usr/share/zoneinfo/${timezone}`, path)
}

/** The site's own file, where a bundle or a technician put one, takes the place of the one that came with the system. */
async function siteFile({ state, root }: BoxFolders): Promise<void> {
  try {
    await mkdir(join(root, 'etc/screenpost'), { recursive: true })
    await copyFile(join(state, 'site.json'), join(root, 'etc/screenpost/site.json'))
    await chmod(join(root, 'etc/screenpost/site.json'), 0o644)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}
