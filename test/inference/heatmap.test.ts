import { describe, expect, it } from 'vitest'
import { renderHeatmap } from '../../src/inference/heatmap.js'

const image = { width: 400, height: 200 }
const whole = { x: 0, y: 0, width: 400, height: 200 }
const maps = (values: number[], dims: number[]) => ({ data: Float32Array.from(values), dims })
const alphaAt = (overlay: { width: number; rgba: Uint8Array }, x: number, y: number): number => overlay.rgba[(y * overlay.width + x) * 4 + 3]!

describe('the heatmap', () => {
  it('has the aspect of the image, at most as long as asked for and never enlarged', () => {
    const sized = (longestSide?: number) => { const { width, height } = renderHeatmap(maps([1], [1, 1, 1, 1]), { plane: 0, region: whole, image, longestSide }); return [width, height] }
    expect([sized(), sized(100), sized(5000)]).toEqual([[400, 200], [100, 50], [400, 200]])
  })

  it('is warm where the map is, and clear where it is cold or against the finding', () => {
    const overlay = renderHeatmap(maps([9, 0, -9, 0], [1, 1, 2, 2]), { plane: 0, region: whole, image })
    expect(alphaAt(overlay, 20, 20)).toBeGreaterThan(150)
    expect([alphaAt(overlay, 380, 20), alphaAt(overlay, 20, 180)]).toEqual([0, 0])
  })

  it('stays cold where nothing was found: weak evidence is not blown up', () => {
    const overlay = renderHeatmap(maps([0.3, 0.1, 0, 0], [1, 1, 2, 2]), { plane: 0, region: whole, image })
    expect(overlay.rgba.every((value) => value === 0)).toBe(true)
  })

  it('picks the plane of its finding, and takes a map without planes', () => {
    const two = maps([0, 9], [1, 2, 1, 1])
    expect(alphaAt(renderHeatmap(two, { plane: 0, region: whole, image }), 10, 10)).toBe(0)
    expect(alphaAt(renderHeatmap(two, { plane: 1, region: whole, image }), 10, 10)).toBeGreaterThan(0)
    expect(alphaAt(renderHeatmap(maps([9], [1, 1, 1]), { plane: 3, region: whole, image }), 10, 10)).toBeGreaterThan(0)
  })

  it('lies where the network looked: nothing outside a crop, and a padded region is cut', () => {
    const cropped = renderHeatmap(maps([9], [1, 1, 1, 1]), { plane: 0, image, region: { x: 100, y: 50, width: 100, height: 100 } })
    expect([alphaAt(cropped, 150, 100) > 0, alphaAt(cropped, 50, 100), alphaAt(cropped, 250, 100)]).toEqual([true, 0, 0])
    const padded = renderHeatmap(maps([0, 0, 0, 9], [1, 1, 2, 2]), { plane: 0, image, region: { x: 0, y: -100, width: 400, height: 400 } })
    expect([alphaAt(padded, 390, 190) > 0, alphaAt(padded, 10, 10)]).toEqual([true, 0])
  })
})
