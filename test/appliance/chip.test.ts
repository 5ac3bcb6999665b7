import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from './root.js'

const run = promisify(execFile)

/** Programs that would change partitions and mounts of this machine; they leave what they were called with. `test/image` has them as they are. */
const STAND_INS: Readonly<Record<string, string>> = {
  'systemd-repart': ': > "$SCREENPOST_ROOT/dev/sda4"; ln -sf ../../sda4 "$SCREENPOST_ROOT/dev/disk/by-partlabel/screenpost-data"',
  udevadm: '', partx: '', modprobe: '', e2fsck: '', mount: '', mountpoint: 'exit 1', resize2fs: '', blkid: '', install: 'for last; do :; done; mkdir -p "$last"'
}

describe('the way of encryption that a box chooses at its first start', () => {
  let root: string
  const at = (path: string): string => join(root, path)
  const start = async (encryption?: string): Promise<{ made: string | undefined; trouble: string }> => {
    if (encryption) await writeFile(at('efi/screenpost.conf'), `ENCRYPTION=${encryption}\n`)
    await run(join(repository, 'appliance/libexec/open-data'), { env: { PATH: `${at('bin')}:${process.env['PATH']}`, SCREENPOST_ROOT: root, SCREENPOST_WAIT_CHIP_S: '3' } }).catch(() => undefined)
    const calls = await readFile(at('calls'), 'utf8').catch(() => '')
    return { made: /repart\.d\/(\w+)/.exec(calls)?.[1], trouble: await readFile(at('run/screenpost-trouble'), 'utf8').catch(() => '') }
  }
  const named = async (): Promise<void> => { await mkdir(at('sys/firmware/acpi/tables'), { recursive: true }); await writeFile(at('sys/firmware/acpi/tables/TPM2'), '') }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-chip-'))
    for (const folder of ['bin', 'efi', 'run', 'dev/disk/by-partlabel', 'sys/class/block', 'sys/devices/sda/sda2']) await mkdir(at(folder), { recursive: true })
    await symlink('../../devices/sda/sda2', at('sys/class/block/sda2'))
    await writeFile(at('dev/sda2'), '')
    await symlink('../../sda2', at('dev/disk/by-partlabel/root-a'))
    for (const [name, body] of Object.entries(STAND_INS)) {
      await writeFile(at(`bin/${name}`), `#!/bin/sh\necho ${name} "$@" >> "$SCREENPOST_ROOT/calls"\n${body}\n`)
      await chmod(at(`bin/${name}`), 0o755)
    }
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('waits for a chip that the firmware names and the kernel has not found yet', async () => {
    await named()
    const late = setTimeout(() => { void writeFile(at('dev/tpmrm0'), '') }, 1200)
    expect((await start()).made).toBe('tpm')
    clearTimeout(late)
  })

  it('goes without where there is none, and takes none in place of the one that was asked for', async () => {
    expect(await start('tpm')).toEqual({ made: undefined, trouble: expect.stringContaining('has no TPM chip') as string })
    expect((await start('auto')).made).toBe('plain')
  })
})
