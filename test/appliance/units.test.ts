import { execFile } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../flows/peers.js'
import { applianceRoot, repository } from './root.js'

const run = promisify(execFile)
/** What a checker prints, whatever it thinks of it. */
const said = (program: string, args: string[]): Promise<string> =>
  run(program, args).then(({ stdout, stderr }) => stdout + stderr, (error: { stdout?: string; stderr?: string }) => `failed ${error.stdout}${error.stderr}`)

describeWith(['systemd-analyze'], 'the units of the appliance', () => {
  let root: string
  let units: string[]
  beforeAll(async () => {
    root = await applianceRoot()
    units = await readdir(join(repository, 'appliance/systemd'))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))
  const path = (unit: string): string => join(root, 'usr/lib/systemd/system', unit.replace('@.', '@one.'))

  it('are taken by systemd without a word', async () => {
    expect(await said('systemd-analyze', ['verify', '--man=no', `--root=${root}`, ...units.map((unit) => unit.replace('@.', '@one.'))])).toBe('')
  })

  it.each(['screenpost.service', 'screenpost-job@.service'])('leave %s little to do harm with: exposure under 2.0', async (unit) => {
    const [, exposure] = /exposure level for \S+: ([\d.]+)/.exec(await said('systemd-analyze', ['security', '--offline=true', '--no-pager', join(repository, 'appliance/systemd', unit)])) ?? []
    expect(Number(exposure)).toBeLessThan(2)
    expect(path(unit)).toContain(root)
  })
})

describeWith(['nft', 'shellcheck'], 'firewall and scripts of the appliance', () => {
  it('a firewall that nft takes', async () => {
    expect(await said('nft', ['-c', '-f', join(repository, 'appliance/nftables/screenpost.nft')])).toBe('')
  })

  it('scripts without a complaint of shellcheck', async () => {
    const folder = async (name: string): Promise<string[]> => (await readdir(join(repository, name), { withFileTypes: true })).filter((entry) => entry.isFile() && !/\.(mjs|lock|conf|service|json|md)$|^packages|^tools$|^versions$/.test(entry.name)).map(({ name: file }) => join(name, file))
    const scripts = ['appliance/install.sh', 'appliance/initramfs/overlay-bottom', '.ci/run', '.ci/image', 'scripts/test-peers.sh', 'scripts/verapdf.sh', ...(await Promise.all(['appliance/libexec', 'scripts/flash', 'scripts/flash/x86', 'provisioning/onnxruntime'].map(folder))).flat()]
    expect(await run('shellcheck', ['-x', ...scripts], { cwd: repository }).then(({ stdout }) => stdout, (error: { stdout: string }) => error.stdout)).toBe('')
  })
})
