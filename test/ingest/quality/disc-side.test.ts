import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { decodeFile } from '../../../src/ingest/decode/decode.js'
import { discSide, eyeByDisc } from '../../../src/ingest/quality/disc-side.js'
import { shrink } from '../../../src/ingest/quality/shrink.js'
import { fundusPhantom } from '../../../src/phantoms/fundus.js'

const data = resolve(import.meta.dirname, '../../../../shared/data/fundus')

describe('the eye by its optic disc', () => {
  it('is right where the disc is on the right of the picture, left in its mirror image, and unknown without a disc', () => {
    const eye = fundusPhantom({ seed: 5, width: 480, height: 480 })
    const mirrored = { ...eye, data: eye.data.map((_, i, all) => {
      const [pixel, channel] = [Math.floor(i / 3), i % 3]
      return all[(Math.floor(pixel / 480) * 480 + 479 - (pixel % 480)) * 3 + channel]!
    }) }
    const [one, other] = [eyeByDisc(discSide(shrink(eye, 0))), eyeByDisc(discSide(shrink(mirrored, 0)))]
    expect(new Set([one, other])).toEqual(new Set(['L', 'R']))
    const flat = { width: 200, height: 200, channels: 3, frames: 1, data: new Uint8Array(120_000).fill(90) } as const
    expect(eyeByDisc(discSide(shrink(flat, 0)))).toBeUndefined()
  })

  it.skipIf(!existsSync(data))('agrees with the file names of one camera wherever it is sure (../shared/data, SRahimDR val)', async () => {
    const rows = parse(readFileSync(join(data, 'labels.csv')), { columns: true }) as Record<string, string>[]
    const seen = await Promise.all(rows.filter(({ origin, split }) => origin === 'srahim-dr' && split === 'val').map(async ({ file = '' }) => {
      const decoded = await decodeFile(join(data, file))
      if (!decoded.ok) throw new Error(decoded.error.code)
      return { named: /_L\.jpg$/.test(file) ? 'L' : 'R', seen: eyeByDisc(discSide(shrink(decoded.value.pixels, 0))) }
    }))
    const sure = seen.filter((each) => each.seen !== undefined)
    expect(sure.length).toBeGreaterThan(seen.length * 0.9)
    expect(sure.filter((each) => each.seen !== each.named)).toEqual([])
  })
})
