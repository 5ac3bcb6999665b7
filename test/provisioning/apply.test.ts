import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/domain/problem.js'
import { parseBoxSettings } from '../../src/provisioning/box-settings.js'
import { applyBox } from '../../src/provisioning/apply.js'
import { describeWith, peerPath } from '../flows/peers.js'
import { dnsmasqConf, hostapdConf, interfacesNft } from '../../src/provisioning/render-network.js'
import { repository } from '../appliance/root.js'

const run = promisify(execFile)
const wifi = { name: 'Kliniki ya Kijiji 📶', passphrase: 'mango tree 27', country: 'KE', channel: 6 }

describe('a box being set up', () => {
  let root: string
  const at = (path: string): string => join(root, path)
  const apply = () => applyBox({ state: at('data/system'), data: at('var/lib/screenpost'), root }, { checkSite: () => [], show: () => undefined })
  const wish = async (settings: unknown): Promise<void> => {
    await mkdir(at('var/lib/screenpost/box'), { recursive: true })
    await writeFile(at('var/lib/screenpost/box/settings.json'), typeof settings === 'string' ? settings : JSON.stringify(settings))
  }
  const hostapd = () => readFile(at('run/screenpost/hostapd.conf'), 'utf8')

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-box-'))
    await mkdir(at('efi'))
    await mkdir(at('sys/class/net/enp1s0'), { recursive: true })
    await mkdir(at('sys/class/net/clinic0'), { recursive: true })
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('gets an identity of its own once, with the code of its label', async () => {
    await writeFile(at('efi/label-code'), '7392 0418\n')
    const { identity } = await apply()
    expect(identity.labelCode).toBe('73920418')
    expect(identity.deviceId).toMatch(/^[0-9a-f]{10}$/)
    for (const name of ['device.key', 'label-code']) expect((await stat(at(`data/system/${name}`))).mode & 0o777).toBe(0o600)
    const again = await apply()
    expect([again.identity.deviceId, again.identity.labelCode]).toEqual([identity.deviceId, identity.labelCode])
    await rm(at('data/system'), { recursive: true })
    expect((await apply()).identity.deviceId).not.toBe(identity.deviceId)
  })

  it('takes a site file that the page wrote, once, and none that is not in order or is a link', async () => {
    const page = async (text: string): Promise<void> => {
      await mkdir(at('var/lib/screenpost/box'), { recursive: true })
      await writeFile(at('var/lib/screenpost/box/site.json'), text)
    }
    const inForce = async () => JSON.parse(await readFile(at('etc/screenpost/site.json'), 'utf8')) as unknown
    const checked = (problems: readonly Problem[]) => applyBox({ state: at('data/system'), data: at('var/lib/screenpost'), root }, { checkSite: () => problems, show: () => undefined })
    await page('{"name":"Kondele"}')
    expect((await checked([])).problems).toEqual([])
    expect(await inForce()).toEqual({ name: 'Kondele' })
    await writeFile(at('data/system/site.json'), '{"name":"From the centre"}')
    await checked([])
    expect(await inForce()).toEqual({ name: 'From the centre' })
    await page('{"name":7}')
    expect((await checked([{ code: 'bad-site-file', message: 'expected a text' }])).problems).toHaveLength(1)
    await page('{"name":')
    expect((await checked([])).problems).toMatchObject([{ code: 'bad-site-file' }])
    await symlink(at('data/system/device.key'), at('var/lib/screenpost/box/site.json'))
    expect((await checked([])).problems).toMatchObject([{ code: 'bad-site-file' }])
    expect(await inForce()).toEqual({ name: 'From the centre' })
  })

  it('takes the credentials of the backup off the start partition, and none that could set anything else', async () => {
    await writeFile(at('efi/backup.env'), '# the centre\r\nAWS_ACCESS_KEY_ID=box-7\r\nAWS_SECRET_ACCESS_KEY=s/cr+t$x#"=\r\n')
    expect((await apply()).problems).toEqual([])
    expect(await readFile(at('data/system/backup.env'), 'utf8')).toBe("AWS_ACCESS_KEY_ID='box-7'\nAWS_SECRET_ACCESS_KEY='s/cr+t$x#\"='\n")
    expect((await stat(at('data/system/backup.env'))).mode & 0o077).toBe(0)
    await expect(stat(at('efi/backup.env'))).rejects.toMatchObject({ code: 'ENOENT' })
    for (const bad of ['NODE_OPTIONS=--require=/tmp/x', "AWS_ACCESS_KEY_ID=a'\nb", 'AWS_ACCESS_KEY_ID="a b"', '']) {
      await writeFile(at('efi/backup.env'), bad)
      expect((await apply()).problems).toMatchObject([{ code: 'bad-backup-credentials' }])
    }
    expect(await readFile(at('data/system/backup.env'), 'utf8')).toContain('box-7')
  })

  it('draws a code where no label was written', async () => {
    expect((await apply()).identity.labelCode).toMatch(/^\d{8}$/)
  })

  it('opens its first Wi-Fi with the label\'s code, then as the site chose', async () => {
    await writeFile(at('efi/label-code'), '73920418')
    const { identity } = await apply()
    expect(await hostapd()).toContain(`ssid2=${Buffer.from(`Screenpost-${identity.deviceId.slice(0, 4)}`).toString('hex')}`)
    expect(await hostapd()).toContain('wpa_passphrase=73920418')
    await wish({ formatVersion: 1, wifi, wired: 'uplink', timezone: 'Africa/Nairobi' })
    await apply()
    expect(await hostapd()).toContain('wpa_passphrase=mango tree 27')
    expect((await stat(at('run/screenpost/hostapd.conf'))).mode & 0o777).toBe(0o600)
    expect(await readlink(at('etc/localtime'))).toBe('../usr/share/zoneinfo/Africa/Nairobi')
    expect(await readFile(at('run/screenpost/interfaces.nft'), 'utf8')).toBe('add element inet screenpost uplink_only { "enp1s0" }\n')
  })

  it('keeps the settings in force when new ones are not in order, and says which', async () => {
    await wish({ formatVersion: 1, wifi, timezone: 'Africa/Nairobi' })
    await apply()
    for (const bad of [{ formatVersion: 1, timezone: '../../etc/shadow' }, 'not json', { formatVersion: 1, wifi: { ...wifi, passphrase: 'short' } }]) {
      await wish(bad)
      const { settings, problems } = await apply()
      expect([settings.timezone, problems.length > 0]).toEqual(['Africa/Nairobi', true])
    }
  })

  it('takes nothing that could write another line into a file that root reads', () => {
    const bad = [{ name: 'a\nssid2=00' }, { passphrase: 'line one\nwpa=0' }, { country: 'KE\nx' }, { name: 'ü'.repeat(17) }].map((change) => parseBoxSettings({ formatVersion: 1, wifi: { ...wifi, ...change } }))
    expect(bad.map(({ ok }) => ok)).toEqual([false, false, false, false])
    expect(hostapdConf(wifi).split('\n').filter((line) => line.startsWith('ssid2='))).toEqual([`ssid2=${Buffer.from(wifi.name).toString('hex')}`])
    expect(interfacesNft({ wired: 'uplink' }, ['enp1s0', 'x"; flush ruleset'])).toBe('add element inet screenpost uplink_only { "enp1s0" }\n')
  })

  it('installs the site file of a bundle in place of the one that came with the system', async () => {
    await mkdir(at('data/system'), { recursive: true })
    await writeFile(at('data/system/site.json'), '{"name":"Clinic 7"}')
    await apply()
    expect(JSON.parse(await readFile(at('etc/screenpost/site.json'), 'utf8'))).toEqual({ name: 'Clinic 7' })
  })
})

describeWith(['dnsmasq', 'nft'], 'configuration for the system\'s own programs', () => {
  it('names and addresses that dnsmasq takes', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'screenpost-names-')), 'dnsmasq.conf')
    await writeFile(file, dnsmasqConf())
    const { stderr } = await run(peerPath('dnsmasq')!, ['--test', `--conf-file=${file}`])
    expect(stderr).toContain('syntax check OK')
  })

  it('interfaces that nft takes on top of the firewall', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'screenpost-nft-')), 'all.nft')
    await writeFile(file, (await readFile(join(repository, 'appliance/nftables/screenpost.nft'), 'utf8')) + interfacesNft({ wired: 'uplink' }, ['enp1s0']))
    expect(await run('nft', ['-c', '-f', file])).toEqual({ stdout: '', stderr: '' })
  })
})
