import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWith } from '../flows/peers.js'

type Package = { readonly source: string; readonly version: string }
type Allowance = { readonly advisory: string; readonly reason: string; readonly until: string }
type Tool = {
  judge(input: { packages: readonly Package[]; tracker: unknown; release: string; allowed: readonly Allowance[]; today: string }): { said: string[]; minor: number; sources: number }
  packagesOfLock(lock: string, sources: string): { packages: Package[]; untold: string[] }
  packagesOfSbom(sbom: unknown): { packages: Package[] }
}
const repository = resolve(import.meta.dirname, '../..')
const load = (name: string): Promise<unknown> => import(new URL(`../../scripts/sbom/${name}.mjs`, import.meta.url).href)
const { judge, packagesOfLock, packagesOfSbom } = await load('debian') as Tool
const { compareVersions } = await load('debian-version') as { compareVersions(a: string, b: string): number }
const run = promisify(execFile)

const inTrixie = (state: Record<string, string>) => ({ description: 'made for this test', releases: { trixie: state, bookworm: { status: 'open', urgency: 'high' } } })
const tracker = {
  openssl: { 'CVE-2026-0001': inTrixie({ status: 'resolved', fixed_version: '3.5.1-1+deb13u2', urgency: 'high' }), 'CVE-2020-0001': inTrixie({ status: 'resolved', fixed_version: '0', urgency: 'high' }) },
  zlib: { 'CVE-2026-0002': inTrixie({ status: 'open', urgency: 'not yet assigned' }), 'CVE-2026-0003': inTrixie({ status: 'open', urgency: 'unimportant' }), 'CVE-2026-0004': inTrixie({ status: 'open', urgency: 'low', nodsa: 'Minor issue' }) }
}
const lock = '# lock\nlibssl3t64=3.5.1-1+deb13u1+b2:amd64\nopenssl=3.5.1-1+deb13u1:amd64\nzlib1g=1:1.3.1-1:amd64\nbsdutils=1:2.41-5:amd64\n'
const sources = '# sources\nlibssl3t64=openssl\nzlib1g=zlib\nbsdutils=?\n'
const about = (allowed: readonly Allowance[] = [], packages = packagesOfLock(lock, sources).packages) => judge({ packages, tracker, release: 'trixie', allowed, today: '2026-11-21' })
const advisory = (id: string): string => `https://security-tracker.debian.org/tracker/${id}`

describe('weaknesses of Debian packages', () => {
  it('are named once a source: those that have a fix, and open ones that Debian does not hold to be minor', () => {
    const { said, minor, sources: count } = about()
    expect(said).toEqual([expect.stringMatching(/^openssl .*CVE-2026-0001\. Take 3\.5\.1-1\+deb13u2/), expect.stringMatching(/^zlib .*CVE-2026-0002\. Debian has no fix yet/)])
    expect([minor, count]).toEqual([2, 2])
    expect(about([], [{ source: 'openssl', version: '3.5.1-1+deb13u2' }]).said).toEqual([])
  })

  it('are quiet while a person has judged them, until the day it was judged for', () => {
    const allowed = (until: string) => ['CVE-2026-0001', 'CVE-2026-0002'].map((id) => ({ advisory: advisory(id), reason: 'not reachable', until }))
    expect(about(allowed('2026-11-21')).said).toEqual([])
    expect(about(allowed('2026-11-20')).said).toEqual([expect.stringContaining('Judge it again'), expect.stringContaining('Judge it again')])
    expect(about([{ advisory: advisory('CVE-1999-1'), reason: '', until: '2027-01-01' }]).said).toContainEqual(expect.stringContaining('no longer found'))
  })

  it('are looked up by source, from the lock or from an SBOM; what the lock does not tell is named', () => {
    expect(packagesOfLock(lock, sources).untold).toEqual(['bsdutils'])
    const sbom = { components: [{ name: 'koa' }, { properties: [{ name: 'debian:source', value: 'linux-signed-amd64 6.12.1+1' }] }] }
    expect(packagesOfSbom(sbom).packages).toEqual([{ source: 'linux', version: '6.12.1+1' }])
  })
})

describe('the command', () => {
  let folder: string
  const check = (...args: string[]) => run(process.execPath, [join(repository, 'scripts/sbom/debian.mjs'), ...args]).then(
    ({ stdout }) => ({ status: 0, stdout }), ({ code, stdout }: { code: number; stdout: string }) => ({ status: code, stdout }))
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-tracker-')) })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('checks the image\'s own lock, and fails for a package that is older than its fix', async () => {
    const path = join(folder, 'tracker.json')
    await writeFile(path, JSON.stringify({ dbus: { 'CVE-2099-1': inTrixie({ status: 'resolved', fixed_version: '0', urgency: 'high' }) } }))
    expect(await check('--tracker', path)).toMatchObject({ status: 0, stdout: expect.stringMatching(/\n?Debian packages: \d{2,} sources checked, 0 to be judged/) as string })
    await writeFile(path, JSON.stringify({ dbus: { 'CVE-2099-1': inTrixie({ status: 'resolved', fixed_version: '99', urgency: 'high' }) } }))
    expect(await check('--tracker', path)).toMatchObject({ status: 1, stdout: expect.stringContaining('dbus') as string })
  })

  it('knows the sources of the packages that are in the lock now', async () => {
    const names = async (file: string) => (await readFile(join(repository, 'scripts/flash/x86', file), 'utf8')).split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split('=')[0]!)
    const locked = new Set(await names('packages.lock'))
    expect((await names('packages.sources')).filter((name) => !locked.has(name))).toEqual([])
  })

  it('says plainly when nothing was checked', async () => {
    for (const data of ['{"openssl": {', '{}', '{"no-such-source": {}}']) {
      await writeFile(join(folder, 'cut.json'), data)
      expect(await check('--tracker', join(folder, 'cut.json'))).toMatchObject({ status: 1, stdout: expect.stringContaining('NOTHING WAS CHECKED') as string })
    }
  })
})

describeWith(['dpkg'], 'versions', () => {
  it('are ordered as dpkg orders them', () => {
    const all = ['1.0', '1.0~rc1-1', '1.0-1', '1.0-1+deb13u2', '1.0-1+deb13u10', '1:0.9', '1.0a', '1.0+dfsg-2', '1.10', '2.41.5-0+deb13u1', '0', '1.0-1~bpo1', '6.12.107-1', '1.0-', '1.0.0']
    for (const a of all.slice(0, -2)) for (const b of all.slice(0, -2)) {
      const operator = compareVersions(a, b) < 0 ? 'lt' : compareVersions(a, b) > 0 ? 'gt' : 'eq'
      expect(`${a} ${operator} ${b}: ${spawnSync('dpkg', ['--compare-versions', a, operator, b]).status}`).toBe(`${a} ${operator} ${b}: 0`)
    }
  })
})
