import { link, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DamagedError } from '../../src/domain/errors.js'
import { JsonDocument, parseDocument, renderDocument } from '../../src/store/durable-document.js'
import { badSector } from '../fakes/bad-sector.js'

type Counter = { readonly count: number; readonly note?: string }

describe('a durable document', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-document-'))
    path = join(folder, 'counter.json')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const open = () => JsonDocument.open<Counter>(path, { count: 0 })
  const increment = ({ count }: Counter): Counter => ({ count: count + 1 })

  it('starts with the initial content and writes nothing until the first change', async () => {
    const document = await open()
    expect([document.data, document.origin]).toEqual([{ count: 0 }, 'new'])
    expect(await readdir(folder)).toEqual([])
  })

  it('keeps the newest and one version before it', async () => {
    const document = await open()
    for (let time = 0; time < 3; time += 1) await document.change(increment)
    expect((await open()).data).toEqual({ count: 3 })
    expect(parseDocument(await readFile(`${path}.previous`, 'utf8'))?.data).toEqual({ count: 2 })
    expect((await readdir(folder)).sort()).toEqual(['counter.json', 'counter.json.previous'])
  })

  it('leaves no temporary name where the version before is the very file in force, after a write that was cut off between the two', async () => {
    await (await open()).change(increment)
    await link(path, `${path}.previous`)
    await (await open()).change(increment)
    expect((await readdir(folder)).sort()).toEqual(['counter.json', 'counter.json.previous'])
    expect(parseDocument(await readFile(`${path}.previous`, 'utf8'))?.data).toEqual({ count: 1 })
  })

  it('falls back to the version before when the disk can not read the newest, and says so when it can read neither', async () => {
    for (let time = 0; time < 2; time += 1) await (await open()).change(increment)
    {
      using _newest = badSector((file) => file === path)
      const document = await open()
      expect([document.data, document.origin]).toEqual([{ count: 1 }, 'previous'])
      await document.change(increment)
    }
    expect(await open()).toMatchObject({ data: { count: 2 }, origin: 'current' })
    using _both = badSector((file) => file.startsWith(path))
    await expect(open()).rejects.toThrow(DamagedError)
  })

  it('reads once more what the disk could not read at once, so that no change is lost to a loose plug', async () => {
    for (let time = 0; time < 2; time += 1) await (await open()).change(increment)
    let failures = 1
    using _loose = badSector(() => (failures -= 1) >= 0)
    expect((await open()).data).toEqual({ count: 2 })
  })

  it('runs changes one after the other', async () => {
    const document = await open()
    await Promise.all(Array.from({ length: 10 }, () => document.change(async (data) => { await Promise.resolve(); return increment(data) })))
    expect((await open()).data).toEqual({ count: 10 })
  })

  it('falls back to the version before when one byte of the newest is wrong, and does not overwrite it with the damage', async () => {
    const document = await open()
    for (let time = 0; time < 2; time += 1) await document.change(increment)
    await writeFile(path, (await readFile(path, 'utf8')).replace('"count": 2', '"count": 7'))
    const restored = await open()
    expect([restored.data, restored.origin]).toEqual([{ count: 1 }, 'previous'])
    await restored.change(() => ({ count: 5 }))
    expect(parseDocument(await readFile(`${path}.previous`, 'utf8'))?.data).toEqual({ count: 1 })
    expect((await open()).data).toEqual({ count: 5 })
  })

  it('says what to do when both versions are damaged', async () => {
    await writeFile(path, '{')
    await writeFile(`${path}.previous`, '')
    await expect(open()).rejects.toThrow(DamagedError)
    await expect(open()).rejects.toThrow(/remove its "checksum" line/)
  })

  it('takes a file that a person repaired and whose checksum was removed', async () => {
    await writeFile(path, '{ "data": { "count": 41 } }')
    const document = await open()
    expect(document.origin).toBe('unsigned')
    await document.change(increment)
    expect((await open()).origin).toBe('current')
  })

  it('shows nothing in memory that could not be written', async () => {
    const document = await open()
    await document.change(increment)
    await rm(folder, { recursive: true })
    await expect(document.change(increment)).rejects.toThrow()
    expect(document.data).toEqual({ count: 1 })
  })

  it('reads back whatever JSON can say, and nothing of a torn or changed file', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.nat(), (data, cut) => {
      const text = renderDocument(data)
      expect(parseDocument(text)?.data).toEqual(JSON.parse(JSON.stringify(data)))
      expect(parseDocument(text.slice(0, cut % (text.length - 2)))).toBeUndefined()
    }))
  })
})
