import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryBeside } from '../../src/platform/durable-fs.js'
import { ObjectStore } from '../../src/relay/object-store.js'
import type { RelayedObject } from '../../src/relay/relayed-object.js'

describe('the objects of a relay', () => {
  let root: string
  let folder: string
  const record: RelayedObject = {
    clinic: 'hill', sopClassUid: '1.2.840.10008.5.1.4.1.1.7', sopInstanceUid: '2.25.1', transferSyntaxUid: '1.2.840.10008.1.2.1', sha256: 'a'.repeat(64), bytes: 5,
    receivedAt: '2026-11-01T08:00:00Z', at: '2026-11-01T08:00:00Z', state: 'held', attempts: 0
  }
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-relay-objects-'))
    const store = await ObjectStore.open(join(root, 'objects'))
    await writeFile(join(root, 'came'), 'bytes')
    await store.keep(record, join(root, 'came'))
    folder = dirname(store.objectPath(record))
  })
  afterEach(() => rm(root, { recursive: true, force: true }))
  const found = async (): Promise<RelayedObject | undefined> => (await ObjectStore.open(join(root, 'objects'))).find(record.clinic, record.sopInstanceUid)

  it('are without what a power cut left half written', async () => {
    await writeFile(temporaryBeside(join(folder, 'record.json')), '{')
    expect(await found()).toEqual(record)
    expect((await readdir(folder)).sort()).toEqual(['object.dcm', 'record.json'])
  })

  it('are asked for again where the record is damaged or missing', async () => {
    await writeFile(join(folder, 'record.json'), '{"clinic"')
    expect(await found()).toBeUndefined()
    await rm(join(folder, 'record.json'))
    expect(await found()).toBeUndefined()
  })

  it('are not taken for unknown where the disk does not let their record be read', async () => {
    await rename(join(folder, 'record.json'), join(folder, 'elsewhere'))
    await mkdir(join(folder, 'record.json'))
    await expect(found()).rejects.toThrow('EISDIR')
  })
})
