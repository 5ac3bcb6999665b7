import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { anyDeepChest, anyFundus, bmpFile, bombPng, jpegFile, png16File, pngFile, tiff16File, tiffFile, truncated } from './images.js'

describe('the image generators', () => {
  it.each([['png', pngFile], ['tiff', tiffFile]] as const)('make a %s that holds the phantom exactly', async (format, make) => {
    const file = await make()
    expect((await sharp(file).metadata()).format).toBe(format)
    expect(Buffer.compare(await sharp(file).raw().toBuffer(), Buffer.from(anyFundus().data))).toBe(0)
  })

  it.each([['png', png16File], ['tiff', tiff16File]] as const)('make a grey %s of 16 bits', async (_format, make) => {
    const file = await make()
    expect(await sharp(file).metadata()).toMatchObject({ depth: 'ushort', channels: 1, width: 320 })
    const raw = await sharp(file).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer()
    expect(raw.readUInt16LE(160 * 320 * 2)).toBe(anyDeepChest().data[160 * 320])
  })

  it.each([1, 3, 6, 8] as const)('make a JPEG that is upright once orientation %i is obeyed', async (orientation) => {
    const upright = await sharp(await jpegFile(anyFundus(), { orientation })).autoOrient().raw().toBuffer()
    const wanted = anyFundus().data
    const away = upright.reduce((sum, value, i) => sum + Math.abs(value - (wanted[i] ?? 0)), 0) / wanted.length
    expect(away).toBeLessThan(4)
    expect((await sharp(await jpegFile(anyFundus(), { orientation })).metadata()).orientation).toBe(orientation)
  })

  it('make a bitmap with the right size and first pixel of the bottom row first', () => {
    const file = bmpFile({ width: 3, height: 2, channels: 1, frames: 1, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) })
    expect(file.length).toBe(54 + 2 * 12)
    expect([...file.subarray(54, 57)]).toEqual([4, 4, 4])
  })

  it('make a small file that claims a huge picture', async () => {
    expect(bombPng().length).toBeLessThan(1000)
    expect(await sharp(bombPng(), { limitInputPixels: false }).metadata()).toMatchObject({ width: 60_000, height: 60_000 })
  })

  it('cut files short', async () => {
    await expect(sharp(truncated(await jpegFile()), { failOn: 'truncated' }).raw().toBuffer()).rejects.toThrow()
  })
})
