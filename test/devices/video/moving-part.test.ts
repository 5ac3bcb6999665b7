import { describe, expect, it } from 'vitest'
import { convexHull, movingPart } from '../../../src/devices/video/moving-part.js'
import { lungUltrasoundPhantom } from '../../../src/phantoms/lung-ultrasound.js'
import { createRandom } from '../../../src/phantoms/random.js'

/** A machine's screen: a live sector in the middle, still writing around it. */
function screen(width = 240, height = 150): { width: number; height: number; frames: Uint8Array[] } {
  const random = createRandom(1)
  const inSector = (x: number, y: number): boolean => Math.hypot(x - 120, y - 10) < 110 && y > 20 && Math.abs(x - 120) < (y - 10) * 0.8
  const writing = Uint8Array.from({ length: width * height }, (_, at) => (at % 7 === 0 ? 200 : 20))
  const frames = Array.from({ length: 12 }, () => Uint8Array.from(writing, (still, at) => (inSector(at % width, Math.floor(at / width)) ? Math.floor(random() * 200) : still)))
  return { width, height, frames }
}

describe('the moving part', () => {
  it('is the sector, without the writing around it', () => {
    const keep = movingPart(screen())!
    const xs = keep.map(([x]) => x * 240)
    const ys = keep.map(([, y]) => y * 150)
    expect(Math.min(...ys)).toBeGreaterThan(15)
    expect(Math.max(...ys)).toBeLessThan(125)
    expect(Math.min(...xs)).toBeGreaterThan(30)
    expect(Math.max(...xs)).toBeLessThan(210)
  })

  it('is found in a lung clip whose corner says PHANTOM, and leaves the corner out', () => {
    const clip = lungUltrasoundPhantom({ seed: 3, width: 240, height: 180, frames: 12, pattern: 'b-lines' })
    const frames = Array.from({ length: 12 }, (_, n) => clip.data.subarray(n * 240 * 180, (n + 1) * 240 * 180))
    expect(movingPart({ width: 240, height: 180, frames })).toBeDefined()
  })

  it('is unknown when nothing or everything moves', () => {
    const { width, height, frames } = screen()
    expect(movingPart({ width, height, frames: [frames[0]!, frames[0]!, frames[0]!] })).toBeUndefined()
    const random = createRandom(2)
    const noise = Array.from({ length: 5 }, () => Uint8Array.from({ length: width * height }, () => Math.floor(random() * 255)))
    expect(movingPart({ width, height, frames: noise })).toBeUndefined()
    expect(movingPart({ width, height, frames: frames.slice(0, 2) })).toBeUndefined()
  })

  it('has a hull without inner points', () => {
    expect(convexHull([[0, 0], [4, 0], [4, 4], [0, 4], [2, 2], [1, 3], [2, 0]])).toHaveLength(4)
  })
})
