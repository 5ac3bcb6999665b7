import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../../src/domain/image-content.js'
import type { PreprocessStep } from '../../../src/inference/manifest.js'
import { preprocess, renderPreprocessed } from '../../../src/inference/preprocess/preprocess.js'
import { picture } from './pictures.js'

const steps: PreprocessStep[] = [
  { step: 'crop-field-of-view', threshold: 12, margin: 0 }, { step: 'pad-square' }, { step: 'resize', width: 32, height: 32 },
  { step: 'repeat-channels' }, { step: 'to-tensor', mean: [128, 128, 128], std: [128, 128, 128] }
]

function clip(frames: number): Pixels {
  const one = picture(200, 100, 1, (x, y) => (Math.abs(x - 100) < 50 && y > 9 && y < 90 ? 200 : 0)).data
  const data = new Uint8Array(one.length * frames)
  for (let frame = 1; frame < frames; frame++) data.set(one, frame * one.length)
  return { width: 200, height: 100, channels: 1, frames, data }
}

describe('preprocess', () => {
  it('ends in an NCHW tensor and the region that it covers', () => {
    const out = preprocess(clip(2), 1, steps)
    expect([out.channels, out.height, out.width, out.data.length]).toEqual([3, 32, 32, 3072])
    expect(out.region.width).toBe(out.region.height)
    expect(out.region.x).toBe(51)
    expect(out.data[16 * 32 + 16]).toBeCloseTo((200 - 128) / 128)
  })
  it('gives training the same numbers as the network, as 8 bit', () => {
    const rendered = renderPreprocessed(clip(2), 1, steps)
    const { data } = preprocess(clip(2), 1, steps)
    const plane = 32 * 32
    rendered.data.forEach((value, at) => expect(data[(at % 3) * plane + Math.floor(at / 3)]).toBe((value - 128) / 128))
  })
  it('takes the frame it is asked for and refuses one that is not there', () => {
    expect(preprocess(clip(2), 0, steps).data.every((value) => value === -1)).toBe(true)
    expect(() => preprocess(clip(2), 2, steps)).toThrow(/ask for 0 to 1/)
  })
  it('refuses steps that do not end in to-tensor', () => {
    expect(() => preprocess(clip(1), 0, steps.slice(0, 2))).toThrow(/pad-square/)
  })
  it('shrinks a film of 2500 x 3000 pixels in a fraction of a second', () => {
    const film: Pixels = { width: 2500, height: 3000, channels: 1, frames: 1, data: new Uint8Array(7_500_000).fill(120) }
    const timesMs = Array.from({ length: 5 }, () => {
      const started = performance.now()
      preprocess(film, 0, steps)
      return performance.now() - started
    })
    expect(Math.min(...timesMs)).toBeLessThan(200)
  })
})
