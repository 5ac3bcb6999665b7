import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../flows/peers.js'
import { repository } from './root.js'

const run = promisify(execFile)
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`
/** Programs that would change partitions and mounts of this machine. Each leaves its name; the one named in `CUT` pulls the plug. */
const STAND_INS: Readonly<Record<string, string>> = {
  blkdiscard: '', partx: '', udevadm: '', resize2fs: '', e2fsck: '', mount: '', mountpoint: 'exit 1',
  sfdisk: 'rm -f "$SCREENPOST_ROOT/dev/sda4"',
  'systemd-repart': ': > "$SCREENPOST_ROOT/dev/sda4"; ln -sf ../../sda4 "$SCREENPOST_ROOT/dev/disk/by-partlabel/screenpost-data"',
  install: 'for last; do :; done; mkdir -p "$last"'
}

/** The script of the box with cryptsetup and blkid as they are, on a file in place of the partition. */
describeWith(['cryptsetup', 'blkid'], 'a factory reset', () => {
  let root: string
  const at = (path: string): string => join(root, path)
  const there = (path: string): Promise<boolean> => stat(at(path)).then(() => true, () => false)
  const partition = (): string => at('dev/sda4')
  const keyOpens = (key: string): boolean => spawnSync('cryptsetup', ['open', '--test-passphrase', '--key-file', key, partition()], { env: { PATH } }).status === 0
  const boot = async (cut = ''): Promise<{ ended: boolean; calls: string[] }> => {
    await rm(at('calls'), { force: true })
    const ended = await run(join(repository, 'appliance/libexec/open-data'), { env: { PATH: `${at('bin')}:${PATH}`, SCREENPOST_ROOT: root, CUT: cut } }).then(() => true, () => false)
    return { ended, calls: (await readFile(at('calls'), 'utf8').catch(() => '')).trim().split('\n') }
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-reset-'))
    for (const folder of ['bin', 'efi', 'run', 'dev/disk/by-partlabel', 'sys/class/block', 'sys/devices/sda/sda2', 'sys/devices/sda/sda4']) await mkdir(at(folder), { recursive: true })
    for (const name of ['sda2', 'sda4']) await symlink(`../../devices/sda/${name}`, at(`sys/class/block/${name}`))
    await writeFile(at('sys/devices/sda/sda4/partition'), '4\n')
    await writeFile(at('dev/sda2'), '')
    await symlink('../../sda2', at('dev/disk/by-partlabel/root-a'))
    await symlink('../../sda4', at('dev/disk/by-partlabel/screenpost-data'))
    for (const [name, body] of Object.entries(STAND_INS)) {
      await writeFile(at(`bin/${name}`), `#!/bin/sh\necho ${name} >> "$SCREENPOST_ROOT/calls"\n[ "$CUT" != ${name} ] || { kill -9 $PPID; exit 1; }\n${body}\n`)
      await chmod(at(`bin/${name}`), 0o755)
    }
    for (const [name, content] of [['data.key', randomBytes(64)], ['screenpost.conf', 'ENCRYPTION=key\n'], ['factory-reset', '1\n']] as const) await writeFile(at(`efi/${name}`), content)
    await writeFile(at('stolen.key'), await readFile(at('efi/data.key')))
    await writeFile(partition(), '')
    await truncate(partition(), 32 * 1024 * 1024)
    execFileSync('cryptsetup', ['luksFormat', '--batch-mode', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file', at('stolen.key'), partition()], { env: { PATH } })
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('leaves a new data partition and a new key, and happens once', async () => {
    const { ended, calls } = await boot()
    expect([ended, calls.slice(0, 3), calls.includes('systemd-repart')]).toEqual([true, ['blkdiscard', 'sfdisk', 'partx'], true])
    expect(await there('efi/factory-reset')).toBe(false)
    expect(await readFile(at('efi/data.key'))).not.toEqual(await readFile(at('stolen.key')))
    expect((await boot()).calls).not.toContain('sfdisk')
  })

  it.each(['blkdiscard', 'sfdisk', 'partx', 'udevadm'])('has destroyed the keys when the plug is pulled at %s, and goes on at the next start', async (cut) => {
    expect(keyOpens(at('stolen.key'))).toBe(true)
    expect((await boot(cut)).ended).toBe(false)
    expect([keyOpens(at('stolen.key')), await there('efi/data.key'), await there('efi/factory-reset')]).toEqual([false, false, true])
    const next = await boot()
    expect([next.ended, next.calls.includes('systemd-repart'), await there('efi/factory-reset')]).toEqual([true, true, false])
  })

  it('does nothing without being asked', async () => {
    await rm(at('efi/factory-reset'))
    expect((await boot()).calls).not.toContain('blkdiscard')
    expect([keyOpens(at('stolen.key')), await there('efi/data.key')]).toEqual([true, true])
  })
})
