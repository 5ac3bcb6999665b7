import { execFile } from 'node:child_process'
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreFullError } from '../../src/domain/errors.js'
import { freeBytes } from '../../src/platform/disk-space.js'
import { newStudy, openStore, temporaryRoot } from './studies.js'

const run = promisify(execFile)

/** A file system of 2 MB that really runs out; only root may mount one. */
describe.skipIf(process.getuid?.() !== 0)('a full disk (needs root to mount a small file system)', () => {
  let root: string
  let mounted: boolean
  beforeEach(async () => {
    root = await temporaryRoot()
    mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', root]).then(() => true, () => false)
  })
  afterEach(async () => {
    if (mounted) await run('umount', ['-l', root])
    await rm(root, { recursive: true, force: true })
  })
  /** Leaves `left` bytes free, in whole pages. */
  const fillDisk = async (left: number): Promise<void> => {
    await writeFile(join(root, 'ballast'), Buffer.alloc(Math.max(0, (await freeBytes(root)) - left)))
  }

  it('takes nothing, loses nothing, and goes on when there is room again', async ({ skip }) => {
    if (!mounted) return skip('mount is not allowed here')
    await using store = await openStore(root)
    const { id } = await store.create(await newStudy(root))
    const input = await newStudy(root, { bytes: new Uint8Array(3000) })
    await fillDisk(0)
    await expect(store.create(input)).rejects.toThrow(StoreFullError)
    await expect(store.change(id, { by: 'system', event: 'x' }, (study) => ({ ...study, state: 'ready' }))).rejects.toThrow(StoreFullError)
    await expect(store.quarantine({ ...input, problem: { code: 'not-an-image', message: 'x' } })).rejects.toThrow(StoreFullError)
    expect(store.summary(id)).toMatchObject({ revision: 1, state: 'received' })
    expect(await store.read(id)).toMatchObject({ revision: 1, state: 'received' })
    expect((await stat(input.spoolPath)).size).toBe(3000)
    expect(await readdir(join(root, 'studies/.new'))).toEqual([])
    expect(await readdir(join(root, 'quarantine'))).toEqual(['.new'])
    await rm(join(root, 'ballast'))
    const second = await store.create(input)
    await store.change(id, { by: 'system', event: 'x' }, (study) => ({ ...study, state: 'ready' }))
    expect(store.counts()).toMatchObject({ total: 2, byState: { ready: 1, received: 1 } })
    expect((await readFile(store.objectPath(second))).length).toBe(3000)
  })

  it('starts on a full disk and shows what is there', async ({ skip }) => {
    if (!mounted) return skip('mount is not allowed here')
    const store = await openStore(root)
    const { id } = await store.create(await newStudy(root))
    await store[Symbol.asyncDispose]()
    await fillDisk(0)
    const again = await openStore(root)
    expect(again.summary(id)).toMatchObject({ revision: 1 })
    await expect(again.change(id, { by: 'system', event: 'x' }, (study) => study)).rejects.toThrow(StoreFullError)
    await rm(join(root, 'ballast'))
    expect(await again.change(id, { by: 'system', event: 'x' }, (study) => study)).toMatchObject({ revision: 2 })
    await again[Symbol.asyncDispose]()
    await using last = await openStore(root)
    expect(last.summary(id)).toMatchObject({ revision: 2 })
  })
})
