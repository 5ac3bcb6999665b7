import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Machine } from './machine.js'

const run = promisify(execFile)
const image = process.env['SCREENPOST_IMAGE']
const ENVIRONMENT_BYTES = 1024

/** GRUB's environment block: a line a variable, filled up with `#`. */
const environment = (values: Readonly<Record<string, string>>): string =>
  `# GRUB Environment Block\n${Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join('')}`.padEnd(ENVIRONMENT_BYTES, '#')

describe.skipIf(!image)(`which system version starts ${image ? '' : '(skipped: .ci/image makes an image)'}`, () => {
  let folder: string
  let disk: string
  beforeAll(async () => {
    folder = await mkdtemp(join(process.env['SCREENPOST_IMAGE_WORK'] ?? tmpdir(), 'screenpost-slots-'))
    disk = join(folder, 'disk.img')
    const { size } = await stat(image!)
    // The start partition and both partition tables; the systems are not needed to see which one is chosen.
    await run('truncate', ['-s', String(size), disk])
    await run('dd', [`if=${image!}`, `of=${disk}`, 'bs=1M', 'count=65', 'conv=notrunc', 'status=none'])
    await run('dd', [`if=${image!}`, `of=${disk}`, 'bs=1M', `skip=${size / 1048576 - 1}`, `seek=${size / 1048576 - 1}`, 'conv=notrunc', 'status=none'])
    const config = await readFile(resolve(import.meta.dirname, '../../appliance/rauc/grub.cfg'), 'utf8')
    const told = config.replace(/menuentry "(.)" \{[^}]*\}/g, 'menuentry "$1" {\n  echo "STARTS=$1"\n  halt\n}')
    await writeFile(join(folder, 'grub.cfg'), told)
    await run('mcopy', ['-o', '-i', `${disk}@@1M`, join(folder, 'grub.cfg'), '::grub/grub.cfg'])
    await copyFile('/usr/share/OVMF/OVMF_VARS_4M.fd', join(folder, 'vars.fd'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const put = async (values: Readonly<Record<string, string>>): Promise<void> => {
    await writeFile(join(folder, 'grubenv'), environment(values))
    await run('mcopy', ['-o', '-i', `${disk}@@1M`, join(folder, 'grubenv'), '::grub/grubenv'])
  }
  const start = async (): Promise<string> => {
    await rm(join(folder, 'console.log'), { force: true })
    const machine = await Machine.start(folder, disk)
    try {
      for (;;) {
        const [, slot] = /STARTS=([AB])/.exec(await machine.console()) ?? []
        if (slot !== undefined) return slot
        await new Promise((done) => setTimeout(done, 200))
      }
    } finally {
      await machine.pullPlug()
    }
  }

  it('gives a new version three starts and then goes back to the one before', async () => {
    await put({ ORDER: 'B A', A_OK: '1', A_TRY: '0', A_PROVEN: '1', A_STARTS: '', B_OK: '1', B_TRY: '0', B_PROVEN: '0', B_STARTS: '' })
    expect([await start(), await start(), await start(), await start()]).toEqual(['B', 'B', 'B', 'A'])
  }, 900_000)

  it('goes back at once from a version that was found bad', async () => {
    await put({ ORDER: 'B A', A_OK: '1', A_TRY: '0', A_PROVEN: '1', A_STARTS: '', B_OK: '0', B_TRY: '0', B_PROVEN: '0', B_STARTS: '' })
    expect(await start()).toBe('A')
  }, 900_000)

  it('does not leave a version that was healthy because the plug was pulled a few times, and never stands still', async () => {
    await put({ ORDER: 'B A', A_OK: '1', A_TRY: '0', A_PROVEN: '1', A_STARTS: '', B_OK: '1', B_TRY: '0', B_PROVEN: '1', B_STARTS: 'xxxxx' })
    expect(await start()).toBe('B')
    await put({ ORDER: 'B A', A_OK: '0', A_TRY: '1', A_PROVEN: '0', A_STARTS: 'xxx', B_OK: '1', B_TRY: '1', B_PROVEN: '0', B_STARTS: 'xxx' })
    expect(await start()).toBe('B')
  }, 900_000)
})
