import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { chestPhantom, deepChestPhantom } from '../../src/phantoms/chest.js'
import { fundusPhantom } from '../../src/phantoms/fundus.js'
import { lungUltrasoundPhantom } from '../../src/phantoms/lung-ultrasound.js'
import { renderPhantom } from '../../src/phantoms/phantom.js'
import type { Pixels } from '../../src/domain/image-content.js'

const size = { seed: 3, width: 200, height: 160 }
const hashOf = (pixels: Pixels): string => createHash('sha256').update(pixels.data).digest('hex').slice(0, 16)
const mean = (pixels: Pixels, box: { left: number; top: number; right: number; bottom: number }, channel = 0): number => {
  let sum = 0
  for (let y = box.top; y < box.bottom; y++)
    for (let x = box.left; x < box.right; x++) sum += pixels.data[(y * pixels.width + x) * pixels.channels + channel] ?? 0
  return sum / ((box.right - box.left) * (box.bottom - box.top))
}

describe('renderPhantom', () => {
  it.each([
    ['fundus', 3], ['chest', 1], ['lung-ultrasound', 1]
  ] as const)('draws %s the same twice and otherwise for another seed', (kind, channels) => {
    const first = renderPhantom(kind, size)
    expect(first).toMatchObject({ width: 200, height: 160, channels, frames: 1 })
    expect(first.data).toHaveLength(200 * 160 * channels)
    expect(hashOf(renderPhantom(kind, size))).toBe(hashOf(first))
    expect(hashOf(renderPhantom(kind, { ...size, seed: 4 }))).not.toBe(hashOf(first))
  })

  it('has the bytes that the golden vectors of the packs were made from', () => {
    const hashes = (['fundus', 'chest', 'lung-ultrasound'] as const).map((kind) => hashOf(renderPhantom(kind, { seed: 1, width: 224, height: 224 })))
    expect(hashes).toEqual(['071bbd05c7413990', 'a336a926b970a6cb', '75884340dcd4d318'])
  })
})

describe('fundusPhantom', () => {
  const square = { seed: 5, width: 240, height: 240 }
  it('has the optic disc to the right in a right eye and to the left in a left eye', () => {
    for (const [eye, brighter] of [['R', true], ['L', false]] as const) {
      const pixels = fundusPhantom({ ...square, eye })
      const right = mean(pixels, { left: 170, top: 100, right: 195, bottom: 135 }, 1)
      const left = mean(pixels, { left: 45, top: 100, right: 70, bottom: 135 }, 1)
      expect(right > left).toBe(brighter)
    }
  })
  it('shows every kind of lesion asked for', () => {
    const healthy = hashOf(fundusPhantom(square))
    for (const lesion of ['microaneurysms', 'haemorrhages', 'exudates', 'neovascularisation'])
      expect(hashOf(fundusPhantom({ ...square, lesions: { [lesion]: 4 } }))).not.toBe(healthy)
  })
  it('grows darker with less exposure and smoother with blur', () => {
    const middle = { left: 60, top: 60, right: 180, bottom: 180 }
    expect(mean(fundusPhantom({ ...square, exposure: 0.3 }), middle)).toBeLessThan(mean(fundusPhantom(square), middle) * 0.4)
    const roughness = (pixels: Pixels): number => {
      let sum = 0
      for (let x = 60; x < 180; x++) sum += Math.abs((pixels.data[(70 * 240 + x) * 3 + 1] ?? 0) - (pixels.data[(70 * 240 + x + 1) * 3 + 1] ?? 0))
      return sum
    }
    expect(roughness(fundusPhantom({ ...square, lesions: { haemorrhages: 20 }, blur: 1 })))
      .toBeLessThan(roughness(fundusPhantom({ ...square, lesions: { haemorrhages: 20 } })))
  })
  it('writes its mark into the lower left corner and nowhere else', () => {
    const marked = fundusPhantom(square).data
    const plain = fundusPhantom({ ...square, mark: false }).data
    const changed = marked.map((value, i) => (value === plain[i] ? 0 : 1))
    const places = [...changed.keys()].filter((i) => changed[i]).map((i) => ({ x: Math.floor(i / 3) % 240, y: Math.floor(i / 720) }))
    expect(places.length).toBeGreaterThan(100)
    expect(places.every(({ x, y }) => x < 50 && y >= 228)).toBe(true)
  })
})

describe('chestPhantom', () => {
  const film = { seed: 2, width: 240, height: 240 }
  it('has dark lungs beside a bright middle, and the opposite when inverted', () => {
    const lung = { left: 50, top: 80, right: 80, bottom: 140 }
    const spine = { left: 112, top: 80, right: 128, bottom: 140 }
    const plain = chestPhantom(film)
    expect(mean(plain, lung)).toBeLessThan(mean(plain, spine) - 60)
    const negative = chestPhantom({ ...film, inverted: true })
    expect(mean(negative, lung)).toBeGreaterThan(mean(negative, spine) + 60)
  })
  it.each(['upper-lobe', 'lower-lobe', 'miliary', 'effusion'] as const)('%s makes the lungs denser', (opacity) => {
    const lungs = { left: 30, top: 40, right: 220, bottom: 190 }
    expect(mean(chestPhantom({ ...film, opacity }), lungs)).toBeGreaterThan(mean(chestPhantom(film), lungs))
  })
  it('has a deep variant with the same picture', () => {
    const deep = deepChestPhantom({ ...film, bitsStored: 12 })
    const shallow = chestPhantom(film)
    expect(Math.max(...deep.data)).toBeLessThanOrEqual(4095)
    expect([...deep.data].every((value, i) => Math.abs(value / 4095 - (shallow.data[i] ?? 0) / 255) < 0.003)).toBe(true)
  })
})

describe('lungUltrasoundPhantom', () => {
  const view = { seed: 6, width: 240, height: 240 }
  it('draws as many frames as asked for, each a little different', () => {
    const clip = lungUltrasoundPhantom({ ...view, frames: 3, pattern: 'b-lines' })
    expect(clip).toMatchObject({ frames: 3, channels: 1 })
    const frame = (n: number): string => createHash('sha256').update(clip.data.subarray(n * 57600, (n + 1) * 57600)).digest('hex')
    expect(new Set([frame(0), frame(1), frame(2)]).size).toBe(3)
  })
  it('keeps echoes deep in the picture for B-lines and loses them in a normal lung', () => {
    const deep = { left: 80, top: 190, right: 160, bottom: 215 }
    expect(mean(lungUltrasoundPhantom({ ...view, pattern: 'b-lines' }), deep)).toBeGreaterThan(mean(lungUltrasoundPhantom(view), deep) * 2)
  })
})
