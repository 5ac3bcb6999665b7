import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepsWallTime } from '../../../src/devices/mass-storage/list-files.js'
import { ok } from '../../../src/domain/result.js'
import { StickClinic, sha256Of } from './clinic.js'

const canMount = (): boolean => {
  if (process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A file system in a file, as a stick carries it: FAT where this kernel has it. Undefined where no loop device is free. */
async function mountImage(image: string, at: string): Promise<string | undefined> {
  for (const [type, make] of [['vfat', ['mkfs.vfat']], ['ext4', ['mke2fs', '-q', '-F', '-t', 'ext4']]] as const) {
    await rm(image, { force: true })
    await writeFile(image, '')
    await truncate(image, 32 * 1024 * 1024)
    const [program, ...args] = make
    if (spawnSync(program, [...args, image]).status === 0 && spawnSync('mount', ['-o', 'loop,rw', '-t', type, image, at]).status === 0) return type
  }
  return undefined
}

describe.skipIf(!canMount())('a real mount (needs root)', () => {
  let clinic: StickClinic
  let content: string
  beforeEach(async () => {
    clinic = await StickClinic.open()
    content = await mkdtemp(join(tmpdir(), 'screenpost-medium-'))
  })
  afterEach(async () => {
    for (const name of await readdir(clinic.root)) spawnSync('umount', ['-l', clinic.stick(name)])
    await clinic[Symbol.asyncDispose]()
    await rm(content, { recursive: true, force: true })
  })
  const reaches = (name: string, phase: string): Promise<void> => vi.waitFor(() => expect(clinic.medium(name)?.phase).toBe(phase), 10_000)
  const mount = (...options: string[]): void => void execFileSync('mount', [...options, clinic.stick('A')])
  /** Somebody who looks into it at this very moment keeps it busy. */
  const unmount = (): Promise<void> => vi.waitFor(() => void execFileSync('umount', [clinic.stick('A')]), 10_000)
  /** The loop device that was free when `mount` asked may be another test file's by the time it is taken. */
  const mountLoop = (image: string): Promise<void> => vi.waitFor(() => mount('-o', 'loop,ro,nosuid,noexec,nodev', image), 10_000)

  it('pulled (lazily unmounted) in mid-import and put back twelve times loses and doubles nothing', async () => {
    await mkdir(join(content, 'DCIM'))
    const pictures = Array.from({ length: 120 }, (_, n) => `picture ${n} `.repeat(2000))
    for (const [n, text] of pictures.entries()) await writeFile(join(content, 'DCIM', `${n}.jpg`), text)
    await mkdir(clinic.stick('A'))
    const plug = (): void => mount('--bind', '-o', 'ro,nosuid,noexec,nodev', content)
    plug()
    await reaches('A', 'ready')
    let count = 0
    clinic.deliver = () => {
      count += 1
      if (count % 10 === 3) execFileSync('umount', ['-l', clinic.stick('A')])
      return new Promise((resolve) => { setTimeout(() => resolve(ok({ outcome: 'stored', studyId: '20260301-00000000' })), count % 10 === 3 ? 80 : 0) })
    }
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    for (let pull = 0; pull < 12; pull += 1) {
      await reaches('A', 'interrupted')
      plug()
    }
    await reaches('A', 'done')
    expect(clinic.arrivals.map(({ sha256 }) => sha256).sort()).toEqual(pictures.map((text) => sha256Of(Buffer.from(text))).sort())
  }, 60_000)

  it('is not there while its mount point is empty', async () => {
    await mkdir(clinic.stick('A'))
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    expect(clinic.session.media).toEqual([])
  })

  it('on a loop device, read-only as the mount unit does it, is imported and known again when it returns', async ({ skip }) => {
    const image = join(content, 'stick.img')
    await clinic.link[Symbol.asyncDispose]()
    await mkdir(clinic.stick('A'))
    const type = await mountImage(image, clinic.stick('A'))
    if (type === undefined) return skip('no loop device')
    await mkdir(join(clinic.stick('A'), 'DCIM'))
    for (let n = 0; n < 5; n += 1) await writeFile(join(clinic.stick('A'), 'DCIM', `IMG_${n}_OD.JPG`), `eye ${n}`)
    await unmount()
    await clinic.start()
    await mountLoop(image)
    await reaches('A', 'ready')
    expect(await keepsWallTime(Buffer.from(clinic.stick('A')))).toBe(type === 'vfat')
    await clinic.do('import', { medium: 'A', wanted: 'all' })
    await reaches('A', 'done')
    expect(clinic.arrivals.map(({ laterality }) => laterality)).toEqual(['R', 'R', 'R', 'R', 'R'])
    await unmount()
    await vi.waitFor(() => expect(clinic.medium('A')).toBeUndefined(), 5000)
    await mountLoop(image)
    await reaches('A', 'ready')
    expect(clinic.medium('A')).toMatchObject({ pictures: 5, taken: 5 })
  }, 30_000)

  it('with 100,000 files is listed within seconds while the service goes on, and says when it holds more', async () => {
    mountMemory(clinic)
    for (let folder = 0; folder < 101; folder += 1) {
      await mkdir(join(clinic.stick('A'), `F${folder}`))
      await Promise.all(Array.from({ length: 1000 }, (_, n) => writeFile(join(clinic.stick('A'), `F${folder}`, `${n}.jpg`), '')))
    }
    await clinic.link[Symbol.asyncDispose]()
    let longest = 0
    let last = performance.now()
    const pulse = setInterval(() => { longest = Math.max(longest, performance.now() - last); last = performance.now() }, 5)
    const started = performance.now()
    await clinic.start()
    await vi.waitFor(() => expect(clinic.medium('A')?.phase).toBe('ready'), 60_000)
    clearInterval(pulse)
    expect(performance.now() - started).toBeLessThan(45_000)
    expect(longest).toBeLessThan(1000)
    expect(clinic.medium('A')).toMatchObject({ pictures: 100_000, problem: { code: 'too-many-files' } })
    expect(await clinic.do('files', { medium: 'A', offset: 99_990, limit: 60 })).toMatchObject({ total: 100_000, files: { length: 10 } })
  }, 120_000)
})

function mountMemory(clinic: StickClinic): void {
  execFileSync('mkdir', [clinic.stick('A')])
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', clinic.stick('A')])
}
