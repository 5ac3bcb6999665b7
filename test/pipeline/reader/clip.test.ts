import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reading } from '../../../src/domain/reading.js'
import { lungUltrasoundPhantom } from '../../../src/phantoms/lung-ultrasound.js'
import { startReader, type Reader } from '../../../src/pipeline/reader/reader.js'
import { silentLog } from '../../../src/platform/log.js'
import { makeDicom } from '../../generators/dicom.js'
import { builtChild } from './built-child.js'

const packs = resolve(import.meta.dirname, '../../../models-int8')
const SIDE = 320
const FRAME = SIDE * SIDE
const lung = (frames: number): Uint8Array => lungUltrasoundPhantom({ seed: 2, width: SIDE, height: SIDE, frames, mark: false }).data
const black = new Uint8Array(FRAME)
/** Bricks: no kind of picture that is read. */
const bricks = Uint8Array.from({ length: FRAME }, (_, index) => {
  const [row, column] = [Math.floor(index / SIDE), index % SIDE]
  return row % 40 < 4 || (column + (Math.floor(row / 40) % 2) * 40) % 80 < 4 ? 230 : 90
})

let reader: Reader
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-clip-'))
  reader = await startReader({ packsFolder: packs, log: silentLog, script: builtChild, readyWithinMs: 60_000 })
  await reader.ready
})
afterAll(() => reader[Symbol.asyncDispose]())

let files = 0
async function reading(frames: readonly Uint8Array[]): Promise<Reading> {
  const path = join(folder, `clip-${files += 1}`)
  await writeFile(path, makeDicom({ columns: SIDE, rows: SIDE, frames: frames.length, bitsAllocated: 8, modality: 'US', pixels: Buffer.concat(frames) }))
  const result = await reader.read({ path })
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}
function frames(count: number): Uint8Array[] {
  const clip = lung(count)
  return Array.from({ length: count }, (_, index) => clip.slice(index * FRAME, (index + 1) * FRAME))
}

describe('a clip', () => {
  it('is read by the frames that show a lung, though the one in the middle is black', async () => {
    const [a, b, , c, d] = frames(5)
    const got = await reading([a!, b!, black, c!, d!])
    expect(got).toMatchObject({ quality: { gradable: true }, pack: { id: 'lung-ultrasound' }, demonstration: true })
    expect(got.detail['frameScores']).toHaveLength(4)
  })

  it('is no lung for one frame of it among black ones', async () => {
    const got = await reading([black, black, ...frames(1), black, black])
    expect([got.quality.gradable, got.findings, got.quality.reasons[0]?.code]).toEqual([false, [], 'blank'])
  })

  it('is no lung for one frame of it among pictures of something else', async () => {
    const got = await reading([bricks, ...frames(1), bricks])
    expect([got.quality.gradable, got.findings, got.quality.reasons[0]?.code]).toEqual([false, [], 'wrong-image'])
  })

  it('of a lung throughout is read in every frame, at most as many as the pack wants', async () => {
    expect((await reading(frames(3))).detail['frameScores']).toHaveLength(3)
    expect((await reading(frames(30))).detail['frameScores']).toHaveLength(12)
  })
})
