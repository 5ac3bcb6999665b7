import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Operation } from '../../scripts/torture/journal.js'
import { ModelDisk } from '../../scripts/torture/model-disk.js'
import type { Survival } from '../../scripts/torture/model-disk.js'
import { createRandom } from '../../scripts/torture/random.js'

describe('the disk that forgets', () => {
  let folder: string
  let root: string
  let number = 0
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'screenpost-disk-'))
    root = join(folder, 'data')
    mkdirSync(root)
    writeFileSync(join(root, 'old'), 'old')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const at = (kind: Operation['kind'], rest: Partial<Operation> = {}): Operation =>
    ({ number: ++number, kind, handle: '', path: '', to: '', data: Buffer.alloc(0), offset: 0, ...rest })
  const create = (name: string, handle: string): Operation => at('open', { path: join(root, name), handle, offset: 1 })
  const write = (handle: string, text: string): Operation => at('write', { handle, data: Buffer.from(text) })
  const sync = (handle: string): Operation => at('fsync', { handle })
  const openRoot = (): Operation => at('open', { path: root, handle: 'root' })

  function after(operations: readonly Operation[], survival: Survival): Record<string, string> {
    const disk = new ModelDisk(root)
    for (const operation of operations) disk.apply(operation)
    expect(disk.surprises).toEqual([])
    const target = join(folder, `cut-${++number}`)
    disk.materialise(target, survival, createRandom(1))
    return Object.fromEntries(readdirSync(target).map((name) => [name, readFileSync(join(target, name), 'utf8')]))
  }

  it('does nothing when a file is renamed to another of its names, as rename(2)', () => {
    const twice = [at('link', { path: join(root, 'old'), to: join(root, 'other') }), at('link', { path: join(root, 'old'), to: join(root, 'third') }), at('rename', { path: join(root, 'third'), to: join(root, 'other') })]
    expect(after(twice, 'kept')).toEqual({ old: 'old', other: 'old', third: 'old' })
  })

  it('keeps a new file only when its bytes and its name were fsynced', () => {
    const written = [create('new', 'a'), write('a', 'text')]
    expect(after(written, 'kept')).toEqual({ old: 'old', new: 'text' })
    expect(after([...written, sync('a')], 'lost')).toEqual({ old: 'old' })
    expect(after([...written, openRoot(), sync('root')], 'lost')).toEqual({ old: 'old', new: '' })
    expect(after([...written, sync('a'), openRoot(), sync('root')], 'lost')).toEqual({ old: 'old', new: 'text' })
  })

  it('takes a rename back that no fsync of the folder followed', () => {
    const renamed = [create('new', 'a'), write('a', 'text'), sync('a'), at('rename', { path: join(root, 'new'), to: join(root, 'old') })]
    expect(after(renamed, 'lost')).toEqual({ old: 'old' })
    expect(after([...renamed, openRoot(), sync('root')], 'lost')).toEqual({ old: 'text' })
  })

  it('brings a file back whose removal was not made durable', () => {
    expect(after([at('unlink', { path: join(root, 'old') })], 'lost')).toEqual({ old: 'old' })
    expect(after([at('unlink', { path: join(root, 'old') })], 'kept')).toEqual({})
  })
})
