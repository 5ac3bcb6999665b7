import { expect, it } from 'vitest'
import { JpegSplitter } from '../../../src/devices/video/jpeg-splitter.js'
import { jpegFile } from '../../generators/images.js'

it.each([1, 2, 3, 7, 100, 100_000])('gives whole pictures from chunks of %i bytes', async (size) => {
  const pictures = [await jpegFile(), await jpegFile(), await jpegFile()]
  const stream = Buffer.concat([Buffer.from('garbage'), ...pictures, pictures[0]!.subarray(0, 50)])
  const splitter = new JpegSplitter()
  const found: Buffer[] = []
  for (let at = 0; at < stream.length; at += size) found.push(...splitter.push(stream.subarray(at, at + size)))
  expect(found.map((each, index) => each.equals(pictures[index]!))).toEqual([true, true, true])
})

it('does not grow for ever on a stream without an end', () => {
  const splitter = new JpegSplitter()
  const chunk = Buffer.alloc(1024 * 1024, 0x55)
  for (let n = 0; n < 60; n += 1) expect(splitter.push(chunk)).toEqual([])
  expect(splitter.push(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xd9]))).toHaveLength(1)
})
