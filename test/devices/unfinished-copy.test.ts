import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchedFolder } from '../../src/devices/watched-folder/watched-folder.js'
import type { DeviceHost } from '../../src/devices/device-kind.js'
import { ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { makeAnyDicom } from '../generators/dicom-compressed.js'
import { jpegFile, pngFile, tiff16File, tiffFile } from '../generators/images.js'

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))

describe('a picture whose copy pauses', () => {
  let folder: string
  let taken: Buffer[]
  let link: AsyncDisposable
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-pause-'))
    taken = []
    const host: DeviceHost = {
      deviceId: 'inbox', spoolFolder: tmpdir(), stateFolder: tmpdir(), clock: systemClock, log: silentLog, hasRoomFor: () => Promise.resolve(true), report: () => undefined,
      deliver: async ({ spoolPath }) => { taken.push(await readFile(spoolPath)); return ok({ outcome: 'stored' as const, studyId: 'x' }) }
    }
    const options = watchedFolder.parseOptions({ folder, settleMs: 100 })
    if (!options.ok) throw new Error('options')
    link = await watchedFolder.open(options.value, host)
  })
  afterEach(async () => {
    await link[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it.each<[string, () => Promise<Buffer>]>([
    ['JPEG', jpegFile], ['PNG', pngFile], ['TIFF', tiffFile], ['TIFF 16 bit', tiff16File],
    ['DICOM', () => makeAnyDicom({})], ['DICOM, JPEG baseline', () => makeAnyDicom({ transferSyntax: '1.2.840.10008.1.2.4.50', bitsAllocated: 8 })]
  ])('is taken whole when the rest comes (%s)', async (_, make) => {
    const bytes = await make()
    await writeFile(join(folder, 'slow'), bytes.subarray(0, bytes.length / 2))
    await wait(700)
    expect(taken).toEqual([])
    await appendFile(join(folder, 'slow'), bytes.subarray(bytes.length / 2))
    await expect.poll(() => taken.length, { timeout: 8000 }).toBe(1)
    expect(taken[0]!.equals(bytes)).toBe(true)
  })

  it('is taken as it is when the rest never comes', async () => {
    const bytes = await jpegFile()
    await writeFile(join(folder, 'cut.jpg'), bytes.subarray(0, bytes.length / 2))
    await expect.poll(() => taken.length, { timeout: 12_000 }).toBe(1)
  }, 15_000)
})
