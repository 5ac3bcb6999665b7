import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signBundle } from '../../src/provisioning/signed-bundle.js'
import { describeWith } from '../flows/peers.js'

const run = promisify(execFile)
const repository = resolve(import.meta.dirname, '../..')
type Said = { readonly status: number; readonly text: string }
const script = (path: string, args: readonly string[], env: Record<string, string> = {}): Promise<Said> =>
  run(join(repository, path), [...args], { cwd: repository, env: { ...process.env, ...env } }).then(
    ({ stdout, stderr }) => ({ status: 0, text: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, text: error.stdout + error.stderr })
  )

describe('dry runs show every command and touch nothing', () => {
  let folder: string
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-flash-')) })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each([
    ['scripts/flash/build-image.sh', ['--target', 'x86', '--out', 'IMG', '--dry-run'], ['+ mmdebstrap', '--variant=essential', 'make-disk.sh', 'scripts/sbom/main.mjs']],
    ['scripts/flash/build-image.sh', ['--target', 'jetson', '--out', 'IMG', '--dry-run'], ['Tegra_Linux_Sample-Root-Filesystem', 'appliance/install.sh', '--cpu=arm64', 'rootfs.tar']],
    ['scripts/flash/flash-disk.sh', ['--image', 'disk.img', '--disk', '/dev/sdz', '--code', '73920418', '--dry-run'], ['+ dd if=disk.img of=/dev/sdz', '::label-code', '::screenpost.conf', 'code   7392 0418']],
    ['scripts/flash/flash-jetson.sh', ['--l4t', '/nonexistent', '--image', 'IMG', '--board', 'jetson-orin-nano-devkit-super', '--dry-run'], ['missing:', 'l4t_initrd_flash.sh --external-device nvme0n1p1', 'ROOTFS_AB=1']],
    ['scripts/flash/factory-reset.sh', ['--disk', '/dev/sdz', '--dry-run'], ['::factory-reset']],
    ['provisioning/onnxruntime/build.sh', ['--out', 'bundle.tar.gz', '--dry-run'], ['git clone --depth 1 --branch', '--use_tensorrt', '--use_cuda', 'sha256sum']],
    ['provisioning/onnxruntime/build.sh', ['--install', 'bundle.tar.gz', '--dry-run'], ['sha256sum -c', 'listSupportedBackends']]
  ] as const)('%s %j', async (path, args, expected) => {
    const { status, text } = await script(path, args.map((each) => (each === 'IMG' ? join(folder, 'img') : each)))
    expect({ status, text }).toMatchObject({ status: 0 })
    for (const each of expected) expect(text.replaceAll('\\', '')).toContain(each)
  })

  it.each([
    ['scripts/flash/build-image.sh', ['--target', 'arm', '--out', 'x'], "expected x86 or jetson"],
    ['scripts/flash/flash-disk.sh', ['--image', 'x'], '--disk is missing'],
    ['scripts/flash/flash-disk.sh', ['--image', 'x', '--disk', 'y', '--code', '12'], 'expected eight digits'],
    ['scripts/flash/flash-jetson.sh', ['--l4t', '/nonexistent', '--image', 'x', '--board', 'b'], 'Driver Package (BSP)'],
    ['provisioning/onnxruntime/build.sh', [], 'say --out FILE']
  ] as const)('%s says what is missing: %j', async (path, args, expected) => {
    const { status, text } = await script(path, args)
    expect([status, text]).toEqual([1, expect.stringContaining(expected)])
  })
})

describeWith(['mcopy', 'mkfs.vfat'], 'a disk that was written', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  const MIB = 1024 * 1024

  /** The layout of make-disk.sh, small: a start partition at 1 MiB with its files, systems from 65 MiB on. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-disk-'))
    await run('truncate', ['-s', '64M', at('efi.img')])
    await run('mkfs.vfat', [at('efi.img')], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` } })
    await run('mmd', ['-i', at('efi.img'), '::EFI', '::EFI/BOOT', '::grub'])
    await writeFile(at('file'), 'x')
    for (const name of ['EFI/BOOT/BOOTX64.EFI', 'grub/grub.cfg', 'grub/grubenv']) await run('mcopy', ['-i', at('efi.img'), at('file'), `::${name}`])
    await writeFile(at('disk.img'), Buffer.concat([Buffer.alloc(MIB), await readFile(at('efi.img')), Buffer.alloc(7 * MIB, 'system'), Buffer.alloc(MIB)]))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is read back, and holds its own label', async () => {
    await writeFile(at('box'), '')
    const { status, text } = await script('scripts/flash/flash-disk.sh', ['--image', at('disk.img'), '--disk', at('box'), '--yes', '--encryption', 'none'])
    expect([status, text]).toEqual([0, expect.stringMatching(/verified: 7 MiB read back[^]*code {3}\d{4} \d{4}/)])
    const { stdout } = await run('mtype', ['-i', `${at('box')}@@1M`, '::label-code'])
    const [, first, second] = /code {3}(\d{4}) (\d{4})/.exec(text)!
    expect(stdout.trim()).toBe(`${first}${second}`)
  })

  it('is not written with a bundle that its centre did not sign; a good one is shown first', async () => {
    const [centre, stranger] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
    await writeFile(at('centre.pem'), centre.publicKey.export({ type: 'spki', format: 'pem' }))
    const flash = async (key: typeof centre) => {
      await writeFile(at('site.json'), signBundle({ kind: 'site', from: 'District hospital', createdAt: '2026-11-01T08:00:00Z', serial: 3, site: { name: 'Clinic 7' } }, key.privateKey))
      await writeFile(at('enrolled'), '')
      return script('scripts/flash/flash-disk.sh', ['--image', at('disk.img'), '--disk', at('enrolled'), '--yes', '--site', at('site.json'), '--centre', at('centre.pem')])
    }
    expect(await flash(stranger)).toMatchObject({ status: 1, text: expect.stringContaining('signed by') as string })
    expect(await readFile(at('enrolled'))).toHaveLength(0)
    expect(await flash(centre)).toMatchObject({ status: 0, text: expect.stringMatching(/bundle 3 \(site\) of District hospital[^]*writing/) as string })
    const { stdout } = await run('mdir', ['-b', '-i', `${at('enrolled')}@@1M`, '::'])
    for (const name of ['centre.pem', 'site.bundle.json']) expect(stdout).toContain(name)
  })

  it('is refused when one byte differs', async () => {
    const bytes = await readFile(at('box'))
    bytes[70 * MIB] = 0
    await writeFile(at('box'), bytes)
    expect(await script('scripts/flash/verify.sh', ['--image', at('disk.img'), '--disk', at('box')])).toMatchObject({ status: 1, text: expect.stringContaining('does not hold what was written') as string })
  })
})
