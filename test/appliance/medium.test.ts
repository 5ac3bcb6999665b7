import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = resolve(import.meta.dirname, '../../appliance/libexec/medium')
const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot)('the script that mounts a medium (needs root)', () => {
  let folder: string
  const env = () => ({ ...process.env, SCREENPOST_DEV: join(folder, 'dev'), SCREENPOST_MEDIA: join(folder, 'media'), SCREENPOST_RUN: join(folder, 'run') })
  const call = (...args: string[]) => spawnSync(script, args, { env: env(), encoding: 'utf8' })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-medium-'))
    await mkdir(join(folder, 'dev'))
  })
  afterEach(async () => {
    for (const name of await readdir(join(folder, 'media')).catch(() => [])) spawnSync('umount', ['-l', join(folder, 'media', name)])
    await rm(folder, { recursive: true, force: true })
  })

  it('mounts it read-only, without programs or devices, under the number of its file system, and takes it away', async ({ skip }) => {
    const image = join(folder, 'dev', 'sdz1')
    await writeFile(image, '')
    await truncate(image, 16 * 1024 * 1024)
    execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-U', '01234567-89ab-cdef-0123-456789abcdef', image])
    const plugged = call('plug', 'sdz1')
    if (/loop/.test(plugged.stderr)) return skip('no loop device')
    expect(plugged.stderr).toBe('')
    const at = join(folder, 'media', '01234567-89ab-cdef-0123-456789abcdef')
    const line = (await readFile('/proc/mounts', 'utf8')).split('\n').find((each) => each.includes(` ${at} `))
    for (const option of ['ro', 'nosuid', 'nodev', 'noexec']) expect(line!.split(' ')[3]!.split(',')).toContain(option)
    await expect(writeFile(join(at, 'x'), 'x')).rejects.toThrow('EROFS')
    expect(call('pull', 'sdz1').status).toBe(0)
    expect(await readdir(join(folder, 'media'))).toEqual([])
    expect(call('pull', 'sdz1').status).toBe(0)
  })

  it('leaves alone what holds no file system, and names that are no device', async () => {
    await writeFile(join(folder, 'dev', 'sdz2'), Buffer.alloc(4096))
    expect(call('plug', 'sdz2')).toMatchObject({ status: 1, stderr: expect.stringContaining('no file system') as string })
    expect(call('plug', '../etc/passwd').status).toBe(64)
    expect(call('format', 'sdz2').status).toBe(64)
  })
})

describe('the dates of a medium, which the script has the kernel read (stand-ins for blkid and mount)', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-medium-'))
    const programs = { blkid: 'case "$*" in *TYPE*) echo "$FAKE_TYPE" ;; *) echo 1234-5678 ;; esac', mountpoint: 'exit 1', mount: 'echo "$4"' }
    for (const [name, body] of Object.entries(programs)) {
      await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`)
      await chmod(join(folder, name), 0o755)
    }
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const optionsOf = (type: string, zone: string): string[] =>
    execFileSync(script, ['plug', 'sdz1'], {
      encoding: 'utf8', env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, FAKE_TYPE: type, TZ: zone, SCREENPOST_MEDIA: join(folder, 'media'), SCREENPOST_RUN: join(folder, 'run') }
    }).trim().split(',')

  it.each([['Africa/Nairobi', 180], ['Asia/Kolkata', 330], ['America/Lima', -300], ['UTC', 0]])('are the clinic\'s time where exFAT keeps no zone with them, in %s', (zone, minutes) => {
    expect(optionsOf('exfat', zone)).toContain(`time_offset=${minutes}`)
  })

  it('are read as UTC from FAT, which the service takes for the clinic\'s time, and as they are from all others', () => {
    expect(optionsOf('vfat', 'Africa/Nairobi')).toContain('tz=UTC')
    for (const type of ['ntfs', 'ext4']) expect(optionsOf(type, 'Africa/Nairobi').join()).not.toMatch(/tz=|time_offset/)
  })
})
