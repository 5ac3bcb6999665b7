import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asPng, targetsOf } from '../../src/cli/preprocess.js'

const targets = (...files: string[]) => [...targetsOf(files, 'out').values()].map((path) => path.slice(resolve('out').length + 1))

describe('the pictures that preprocess writes', () => {
  it('keep the folders that the files do not share, so that one folder a class stays one', () => {
    expect(targets('set/tb/x.png', 'set/normal/x.png')).toEqual(['tb/x.png', 'normal/x.png'])
    expect(targets('a/x.png', 'b/x.dcm')).toEqual(['a/x.png', 'b/x.png'])
    expect(targets('set/tb/x.png', 'set/y.png')).toEqual(['tb/x.png', 'y.png'])
  })
  it('lie side by side where the files do', () => {
    expect(targets('set/x.png', 'set/y.jpeg', 'set/x.y.tif')).toEqual(['x.png', 'y.png', 'x.y.png'])
    expect(targets('set/x.png')).toEqual(['x.png'])
    expect(targets('set/x.png', './set/x.png')).toEqual(['x.png'])
  })
  it('are never one for two files, nor one of the files itself', () => {
    expect(() => targetsOf(['set/x.png', 'set/x.jpg'], 'out')).toThrow(/x\.png and .*x\.jpg would both be written to .*nothing was written/)
    expect(() => targetsOf(['set/x.png', 'set/y.jpg'], 'set')).toThrow(/x\.png is one of the files/)
  })
})

describe('a picture of six channels', () => {
  it('is written as it is, and below it equalised', async () => {
    const data = Uint8Array.from({ length: 2 * 2 * 6 }, (_, at) => at)
    const { data: written, info } = await asPng({ width: 2, height: 2, channels: 6, data, region: { x: 0, y: 0, width: 2, height: 2 } }).raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height, info.channels]).toEqual([2, 4, 3])
    expect([...written]).toEqual([0, 1, 2, 6, 7, 8, 12, 13, 14, 18, 19, 20, 3, 4, 5, 9, 10, 11, 15, 16, 17, 21, 22, 23])
  })
})
