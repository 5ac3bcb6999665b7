import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linkOrCopy, makeDirectoryDurable, moveFileDurable, removeDurable, writeFileDurable, writeNewFile } from '../../src/platform/durable-fs.js'

describe('durable file operations', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-fs-')) })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('replaces a file and leaves nothing beside it', async () => {
    const path = join(folder, 'a')
    await writeFileDurable(path, 'one')
    await writeFileDurable(path, new Uint8Array([1, 2]))
    expect([...(await readFile(path))]).toEqual([1, 2])
    expect(await readdir(folder)).toEqual(['a'])
  })

  it('keeps the old file and leaves nothing when the new one can not be put in its place', async () => {
    await mkdir(join(folder, 'a'))
    await writeFile(join(folder, 'a', 'inside'), 'x')
    await expect(writeFileDurable(join(folder, 'a'), 'new')).rejects.toThrow()
    expect(await readdir(folder)).toEqual(['a'])
    expect(await readFile(join(folder, 'a', 'inside'), 'utf8')).toBe('x')
  })

  it('never writes over a file that must be new', async () => {
    await writeFile(join(folder, 'a'), 'old')
    await expect(writeNewFile(join(folder, 'a'), 'new')).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old')
  })

  it('makes missing parents, and takes a folder that is there', async () => {
    await Promise.all([1, 2, 3].map(() => makeDirectoryDurable(join(folder, 'x/y/z'))))
    expect(await readdir(join(folder, 'x/y'))).toEqual(['z'])
    await writeFile(join(folder, 'file'), '')
    await expect(makeDirectoryDurable(join(folder, 'file/under'))).rejects.toThrow()
  })

  it('moves, links and removes', async () => {
    await writeFile(join(folder, 'a'), 'bytes')
    await linkOrCopy(join(folder, 'a'), join(folder, 'b'))
    await mkdir(join(folder, 'sub'))
    await moveFileDurable(join(folder, 'a'), join(folder, 'sub', 'a'))
    await removeDurable(join(folder, 'b'))
    await removeDurable(join(folder, 'b'))
    expect(await readdir(folder)).toEqual(['sub'])
    expect(await readFile(join(folder, 'sub', 'a'), 'utf8')).toBe('bytes')
  })

  it('copies to another file system, where neither rename nor link can go', async ({ skip }) => {
    const other = await mkdtemp('/dev/shm/screenpost-').catch(() => undefined)
    if (other === undefined) return skip('needs /dev/shm')
    await writeFile(join(folder, 'a'), 'bytes')
    await linkOrCopy(join(folder, 'a'), join(other, 'copy'))
    await moveFileDurable(join(folder, 'a'), join(other, 'moved'))
    expect(await readdir(folder)).toEqual([])
    expect((await readdir(other)).sort()).toEqual(['copy', 'moved'])
    expect(await readFile(join(other, 'moved'), 'utf8')).toBe('bytes')
    await rm(other, { recursive: true })
  })

  it.skipIf(process.getuid?.() === 0)('says so when the folder may not be written', async () => {
    await chmod(folder, 0o500)
    await expect(writeFileDurable(join(folder, 'a'), 'x')).rejects.toMatchObject({ code: 'EACCES' })
  })
})
