import { describe, expect, it } from 'vitest'
import { cropBorder } from '../../../src/inference/preprocess/crop-border.js'
import { cropCentre } from '../../../src/inference/preprocess/crop-centre.js'
import { cropFieldOfView } from '../../../src/inference/preprocess/crop-field-of-view.js'
import { padSquare } from '../../../src/inference/preprocess/pad-square.js'
import { picture } from './pictures.js'

const disc = (width: number, height: number) => picture(width, height, 3, (x, y) => (Math.hypot(x - 150, y - 100) < 80 ? 90 : 4))

describe('crop-field-of-view', () => {
  it('finds the lit disc and says where it was', () => {
    const { region } = cropFieldOfView(disc(320, 200), { threshold: 12, margin: 0 })
    expect(Math.abs(region.x - 71)).toBeLessThan(4)
    expect(Math.abs(region.width - 159)).toBeLessThan(8)
    expect(Math.abs(region.y - 21)).toBeLessThan(4)
  })
  it('finds it again on a picture too large to look at every pixel', () => {
    const large = picture(2400, 1500, 1, (x, y) => (Math.hypot(x - 1000, y - 700) < 500 ? 90 : 4))
    const { region } = cropFieldOfView(large, { threshold: 12, margin: 0 })
    expect(Math.abs(region.x - 500)).toBeLessThan(25)
    expect(Math.abs(region.width - 1000)).toBeLessThan(50)
  })
  it('keeps a black frame whole', () => {
    expect(cropFieldOfView(picture(64, 48, 3, () => 2), { threshold: 12, margin: 0 }).width).toBe(64)
  })
})

describe('crop-border', () => {
  it('takes uniform frames off, black or white', () => {
    const black = picture(100, 80, 1, (x, y) => (x < 10 ? 0 : (x * 37 + y * 91) % 200))
    expect(cropBorder(black, { deviation: 6 }).region).toEqual({ x: 10, y: 0, width: 90, height: 80 })
    const white = picture(100, 80, 1, (x, y) => (y >= 70 ? 255 : (x * 37 + y * 91) % 200))
    expect(cropBorder(white, { deviation: 6 }).region).toEqual({ x: 0, y: 0, width: 100, height: 70 })
  })
  it('never takes more than 30 % of a side, and nothing from a flat picture', () => {
    const half = picture(100, 100, 1, (x, y) => (x < 60 ? 0 : (x * 37 + y * 91) % 200))
    expect(cropBorder(half, { deviation: 6 }).region.x).toBe(30)
    expect(cropBorder(picture(50, 50, 1, () => 9), { deviation: 6 }).width).toBe(50)
  })
})

describe('crop-centre and pad-square', () => {
  it('keeps the middle', () => {
    expect(cropCentre(disc(320, 200), { fraction: 0.5 }).region).toEqual({ x: 80, y: 50, width: 160, height: 100 })
  })
  it('pads with black and lets the region reach outside', () => {
    const square = padSquare(picture(4, 2, 1, () => 7))
    expect([...square.data]).toEqual([0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0])
    expect(square.region).toEqual({ x: 0, y: -1, width: 4, height: 4 })
  })
})
