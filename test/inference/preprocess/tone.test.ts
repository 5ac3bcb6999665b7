import { describe, expect, it } from 'vitest'
import { grey, repeatChannels } from '../../../src/inference/preprocess/channels.js'
import { addEqualised, equalise, equalisingTable } from '../../../src/inference/preprocess/equalise.js'
import { boxBlur, localContrast } from '../../../src/inference/preprocess/local-contrast.js'
import { stretch } from '../../../src/inference/preprocess/stretch.js'
import { toTensor } from '../../../src/inference/preprocess/to-tensor.js'
import { picture } from './pictures.js'

describe('channels', () => {
  it('weighs red, green and blue by BT.601', () => {
    expect([...grey(picture(3, 1, 3, (x, _y, channel) => (x === channel ? 255 : 0))).data]).toEqual([76, 150, 29])
  })
  it('repeats one channel and leaves three alone', () => {
    const three = repeatChannels(picture(2, 1, 1, (x) => x + 1))
    expect([...three.data]).toEqual([1, 1, 1, 2, 2, 2])
    expect(repeatChannels(three)).toBe(three)
  })
})

describe('equalise', () => {
  it('makes the table that Pillow makes', () => {
    const histogram = new Uint32Array(256)
    ;[[10, 400], [20, 200], [30, 300], [200, 375]].forEach(([value, count]) => { histogram[value!] = count! })
    const table = equalisingTable(histogram)!
    expect([table[10], table[20], table[30], table[200]]).toEqual([0, 133, 200, 255])
  })
  it('spreads a narrow range inside the field of view and leaves black black', () => {
    const out = equalise(picture(64, 64, 1, (x, y) => (x < 8 ? 0 : 60 + ((x + y) % 40))), { mask: 'field-of-view', threshold: 12 })
    expect(out.data[0]).toBe(0)
    expect(Math.max(...out.data)).toBeGreaterThan(245)
  })
  it('leaves a flat picture alone', () => {
    expect(equalise(picture(8, 8, 1, () => 77), { mask: 'all', threshold: 0 }).data[5]).toBe(77)
  })
})

describe('add-equalised', () => {
  const options = { mask: 'field-of-view', threshold: 12 } as const
  it('keeps red, green and blue, and puts each of them equalised behind', () => {
    const before = picture(32, 32, 3, (x, y, channel) => 40 + ((x * (channel + 1) + y) % 60))
    const after = addEqualised(before, options)
    const channel = (from: number): number[] => [...after.data].filter((_, at) => at % 6 >= from && at % 6 < from + 3)
    expect([after.channels, after.data.length]).toEqual([6, 32 * 32 * 6])
    expect(channel(0)).toEqual([...before.data])
    expect(channel(3)).toEqual([...equalise(before, options).data])
  })
  it('says what to put before it', () => {
    expect(() => addEqualised(picture(8, 8, 1, () => 77), options)).toThrow(/repeat-channels/)
  })
})

describe('local-contrast', () => {
  it('makes 128 of a flat picture and keeps an edge', () => {
    const out = localContrast(picture(40, 40, 1, (x) => (x < 20 ? 50 : 90)), { radiusFraction: 0.1, gain: 2 })
    expect(out.data[0]).toBe(128)
    expect(out.data[19]!).toBeLessThan(110)
    expect(out.data[20]!).toBeGreaterThan(146)
  })
  it('blurs channel by channel', () => {
    const blurred = boxBlur(picture(9, 9, 3, (_x, _y, channel) => channel * 100), 2)
    expect([...blurred.subarray(0, 3)].map(Math.round)).toEqual([0, 100, 200])
  })
})

describe('stretch and to-tensor', () => {
  it('maps the percentiles to 0 and 255', () => {
    const out = stretch(picture(100, 1, 1, (x) => 50 + x), { lowPercentile: 1, highPercentile: 99 })
    expect([out.data[0], out.data[99]]).toEqual([0, 255])
  })
  it('writes planes, and refuses a wrong number of channels', () => {
    const rgb = picture(2, 1, 3, (x, _y, channel) => x * 10 + channel)
    expect([...toTensor(rgb, { mean: [0, 1, 2], std: [1, 1, 2] })]).toEqual([0, 10, 0, 10, 0, 5])
    expect(() => toTensor(rgb, { mean: [0], std: [1] })).toThrow(/3 channels/)
  })
})
