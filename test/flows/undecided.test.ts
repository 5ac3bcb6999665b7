import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Pixels } from '../../src/domain/image-content.js'
import { chestPhantom } from '../../src/phantoms/chest.js'
import { fundusPhantom } from '../../src/phantoms/fundus.js'
import { bin, run } from './appliance.js'

const SIDE = 480

/** Three channels, one frame. */
async function coloured({ data, channels }: Pixels): Promise<Buffer> {
  const frame = Buffer.from(data.subarray(0, SIDE * SIDE * channels))
  return sharp(frame, { raw: { width: SIDE, height: SIDE, channels } }).toColourspace('srgb').removeAlpha().raw().toBuffer()
}

let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-undecided-')) })
afterAll(() => rm(folder, { recursive: true, force: true }))

it('asks what a picture shows that is half an eye and half a chest, instead of reading it as one of them', async () => {
  const [eye, chest] = await Promise.all([coloured(fundusPhantom({ seed: 4, width: SIDE, height: SIDE })), coloured(chestPhantom({ seed: 4, width: SIDE, height: SIDE, opacity: 'none' }))])
  const files = await Promise.all([0, 0.4, 0.44, 0.48, 0.52, 1].map(async (share) => {
    const mixed = eye.map((value, i) => Math.round(value * (1 - share) + chest[i]! * share))
    const file = join(folder, `${share}.png`)
    await sharp(mixed, { raw: { width: SIDE, height: SIDE, channels: 3 } }).png().toFile(file)
    return file
  }))
  const { stdout } = await run(process.execPath, [bin, 'analyze', '--json', ...files])
  const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as { ok: boolean; pack: { id: string } | null; modality: string | null; quality: { gradable: boolean; reasons: { code: string }[] }; findings: unknown[]; triage: { level: string } })
  expect([lines[0]?.pack?.id, lines.at(-1)?.pack?.id]).toEqual(['dr-fundus', 'tb-chest'])
  const undecided = lines.filter(({ quality }) => quality.reasons[0]?.code === 'no-pack')
  expect(undecided.length).toBeGreaterThan(0)
  for (const line of undecided) expect(line).toMatchObject({ ok: true, pack: null, quality: { gradable: false }, findings: [], triage: { level: 'none' } })
}, 120_000)
