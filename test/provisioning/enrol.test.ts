import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signBundle } from '../../src/provisioning/signed-bundle.js'
import { repository } from '../appliance/root.js'

const run = promisify(execFile)
const keys = () => generateKeyPairSync('ed25519')
const pem = (key: ReturnType<typeof keys>): string => key.publicKey.export({ type: 'spki', format: 'pem' }) as string
const centre = keys()
const SERVICE = 820

/** What `screenpost-provision.service` does at every start, on temporary folders in place of the partitions. */
describe('first start with what the centre put on the start partition', () => {
  let root: string
  const at = (path: string): string => join(root, path)
  const put = (path: string, content: string): Promise<void> => writeFile(at(path), content)
  const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(at(path), 'utf8'))
  const bundle = (change: Partial<Parameters<typeof signBundle>[0]> = {}, key = centre): string =>
    signBundle({ kind: 'site', from: 'District hospital', createdAt: '2026-11-01T08:00:00Z', serial: 3, site: { name: 'Clinic 7' }, settings: { formatVersion: 1, timezone: 'Asia/Dhaka' }, ...change }, key.privateKey)
  const boot = async (): Promise<{ said: string; wrong: string }> => {
    const args = [join(repository, 'dist/appliance/main.js'), 'provision', 'apply', '--state', at('data/system'), '--data', at('data/screenpost'), '--root', root]
    const { stdout, stderr } = await run(process.execPath, args)
    return { said: stdout, wrong: stderr }
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-enrol-'))
    for (const folder of ['efi', 'data/screenpost', 'sys/class/net']) await mkdir(at(folder), { recursive: true })
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('keeps the centre\'s key, shows the site\'s bundle and takes it, once', async () => {
    await put('efi/centre.pem', pem(centre))
    await put('efi/site.bundle.json', bundle())
    const first = await boot()
    expect(first).toMatchObject({ wrong: '', said: expect.stringMatching(/taking from the start partition:\nbundle 3 \(site\) of District hospital[^]*site file: name\n[^]*settings: /) as string })
    expect(await readFile(at('data/system/centre.pem'), 'utf8')).toBe(pem(centre))
    expect(await json('etc/screenpost/site.json')).toEqual({ name: 'Clinic 7' })
    expect(await json('data/system/settings.json')).toMatchObject({ timezone: 'Asia/Dhaka' })
    // What the clinic changes afterwards is not undone by the same bundle at the next start.
    await put('data/screenpost/box/settings.json', JSON.stringify({ formatVersion: 1, timezone: 'Africa/Nairobi' }))
    expect((await boot()).said).not.toContain('taking')
    expect(await json('data/system/settings.json')).toMatchObject({ timezone: 'Africa/Nairobi' })
    await put('efi/site.bundle.json', bundle({ serial: 4 }))
    expect((await boot()).said).toContain('bundle 4')
    await put('efi/site.bundle.json', bundle({ serial: 1 }))
    expect(await boot()).toMatchObject({ wrong: '', said: expect.not.stringContaining('taking') as string })
  })

  it('takes it again when the plug was pulled before it was all there', async () => {
    await put('efi/centre.pem', pem(centre))
    await put('efi/site.bundle.json', bundle())
    await boot()
    await rm(at('data/system/bundle-site.json'))
    await rm(at('data/system/site.json'))
    expect((await boot()).said).toContain('taking')
    expect(await json('data/system/site.json')).toEqual({ name: 'Clinic 7' })
  })

  it.each([
    ['signed by another', () => bundle({}, keys()), 'signed by'],
    ['cut short', () => bundle().slice(0, -40), 'Copy it again'],
    ['with packs it does not hold', () => bundle({ kind: 'packs' }), 'Sign it with --kind site'],
    ['with a site file that the service can not use', () => bundle({ site: { name: 'Clinic 7', devices: 'many' } }), 'devices'],
    ['with settings that are not in order', () => bundle({ settings: { formatVersion: 1, timezone: '../..' } }), 'expected a name']
  ])('changes nothing for a bundle %s, says so, and the box starts all the same', async (_, made, expected) => {
    await put('efi/centre.pem', pem(centre))
    await put('efi/site.bundle.json', made())
    expect(await boot()).toMatchObject({ wrong: expect.stringContaining(expected) as string, said: expect.not.stringContaining('taking') as string })
    for (const path of ['data/system/site.json', 'data/screenpost/box', 'etc/screenpost/site.json']) await expect(stat(at(path))).rejects.toThrow('ENOENT')
  })

  it('belongs to its first centre: another key on the partition changes nothing', async () => {
    await put('efi/centre.pem', pem(centre))
    await boot()
    const stranger = keys()
    await put('efi/centre.pem', pem(stranger))
    await put('efi/site.bundle.json', bundle({ serial: 9 }, stranger))
    expect((await boot()).wrong).toContain('belongs to the centre')
    expect(await readFile(at('data/system/centre.pem'), 'utf8')).toBe(pem(centre))
    await expect(stat(at('data/system/site.json'))).rejects.toThrow('ENOENT')
  })

  it('takes no private key, no key of another kind, and no bundle without a key to check it with', async () => {
    await put('efi/site.bundle.json', bundle())
    expect((await boot()).wrong).toContain('--centre centre.pem')
    for (const bad of ['', centre.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string]) {
      await put('efi/centre.pem', bad)
      expect((await boot()).wrong).toContain('no Ed25519 public key')
    }
    await expect(stat(at('data/system/centre.pem'))).rejects.toThrow('ENOENT')
  })

  it.skipIf(process.getuid?.() !== 0)('what root writes for the service belongs to the service (needs root)', async () => {
    await chown(at('data/screenpost'), SERVICE, SERVICE)
    await put('efi/centre.pem', pem(centre))
    await put('efi/site.bundle.json', bundle())
    await boot()
    for (const path of ['box', 'box/settings.json']) expect((await stat(at(`data/screenpost/${path}`))).uid).toBe(SERVICE)
    expect((await stat(at('data/system/centre.pem'))).uid).toBe(0)
  })
})
