import { link, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ImageSpool } from '../../../src/devices/serial-digitizer/image-spool.js'
import type { ScanHeader } from '../../../src/devices/serial-digitizer/messages.js'
import { TakenScans } from '../../../src/devices/serial-digitizer/taken-scans.js'

const header: ScanHeader = { scanId: '00000000000000a1', width: 3, bits: 12, zeroIsWhite: false, height: 5, samplePitchNm: 100_000, linePitchNm: 200_000 }
const rows = Array.from({ length: 5 }, (_, index) => Buffer.from(Uint16Array.from({ length: 3 }, (__, x) => (index * 600 + x * 40) << 4).buffer))
const line = (index: number) => ({ index, samples: rows[index]! })
let folder: string
beforeEach(async () => { folder = join(await mkdtemp(join(tmpdir(), 'spool-')), 'scan') })
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

async function whole(): Promise<ImageSpool> {
  const spool = await ImageSpool.begin(folder, header)
  await spool.write([line(3), line(4), line(0), line(1), line(2)])
  await spool.checkpoint()
  return spool
}

describe('the spool of a scan', () => {
  it('puts lines in their place in any order and becomes a TIFF with these samples', async () => {
    await using spool = await whole()
    expect(await spool.imageCrc(5)).toBe(crc32(Buffer.concat(rows)))
    await spool.close(5, 'SN7')
    const image = sharp(await readFile(spool.imagePath))
    expect(await image.metadata()).toMatchObject({ format: 'tiff', width: 3, height: 5, channels: 1, depth: 'ushort' })
    expect(await image.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer()).toEqual(Buffer.concat(rows))
  })

  it('shows a film whose zero is white the right way round', async () => {
    const spool = await ImageSpool.begin(folder, { ...header, width: 2, height: 1, bits: 8, zeroIsWhite: true })
    await spool.write([{ index: 0, samples: Buffer.from([0, 255]) }])
    await spool.close(1, 'SN7')
    await spool[Symbol.asyncDispose]()
    expect([...await sharp(join(folder, 'image.tif')).toColourspace('b-w').raw().toBuffer()]).toEqual([255, 0])
  })

  it('gives the same bytes for the same scan', async () => {
    const bytes: Buffer[] = []
    for (let round = 0; round < 2; round++) {
      await using spool = await whole()
      await spool.close(5, 'SN7')
      bytes.push(await readFile(spool.imagePath))
    }
    expect(bytes[0]!.equals(bytes[1]!)).toBe(true)
  })

  it('remembers after a crash what was fsynced, and nothing else', async () => {
    const spool = await ImageSpool.begin(folder, header)
    await spool.write([line(0), line(1), line(3)])
    expect(await spool.checkpoint()).toBe(2)
    await spool.write([line(4)])
    await using again = (await ImageSpool.find(folder))!
    expect(again.stored).toEqual({ header, held: [{ first: 0, count: 2 }, { first: 3, count: 1 }] })
    await again.write([line(2), line(4)])
    expect(await again.imageCrc(5)).toBe(crc32(Buffer.concat(rows)))
    await spool[Symbol.asyncDispose]()
  })

  it('has nothing when the journal is damaged or the image is gone', async () => {
    const spool = await whole()
    await spool[Symbol.asyncDispose]()
    await rm(spool.imagePath)
    expect(await ImageSpool.find(folder)).toBeUndefined()
    await writeFile(join(folder, 'journal.json'), '{"formatVersion":1,')
    expect(await ImageSpool.find(folder)).toBeUndefined()
  })

  it('never touches an image that the store holds under another name', async () => {
    const spool = await whole()
    await spool.close(5, 'SN7')
    await spool[Symbol.asyncDispose]()
    const stored = join(folder, '..', 'stored.tif')
    await link(spool.imagePath, stored)
    const before = await readFile(stored)
    const again = (await ImageSpool.find(folder))!
    await again.close(5, 'SN7')
    await again[Symbol.asyncDispose]()
    await (await ImageSpool.begin(folder, header))[Symbol.asyncDispose]()
    expect((await readFile(stored)).equals(before)).toBe(true)
  })
})

describe('the list of scans taken', () => {
  it('is there after a crash, forgets the oldest and survives nonsense', async () => {
    const path = join(folder, '..', 'taken')
    const key = (index: number): string => `${index.toString(16).padStart(16, '0')}-00000000`
    const taken = await TakenScans.open(path)
    for (let index = 0; index < 502; index++) await taken.add(key(index))
    const again = await TakenScans.open(path)
    expect([again.keys.size, again.keys.has(key(1)), again.keys.has(key(501))]).toEqual([500, false, true])
    await writeFile(path, '\0nonsense\n')
    expect((await TakenScans.open(path)).keys.size).toBe(0)
  })
})
