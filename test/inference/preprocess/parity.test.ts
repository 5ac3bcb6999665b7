import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../../src/domain/image-content.js'
import { parsePackManifest } from '../../../src/inference/manifest.js'
import type { PackManifest, PreprocessStep } from '../../../src/inference/manifest.js'
import { preprocess, renderPreprocessed } from '../../../src/inference/preprocess/preprocess.js'

const root = resolve(import.meta.dirname, '../../..')
const data = resolve(root, '../shared/data')
const packs = join(root, 'models-int8')
const FOLDERS = { fundus: ['fundus'], cxr: ['cxr'], ultrasound: ['ultrasound'], any: ['fundus', 'cxr', 'ultrasound'] } as const
/** Every so many of the pictures of `val`: all of them take minutes. SCREENPOST_PARITY_EVERY=1 takes all. */
const EVERY = Number(process.env['SCREENPOST_PARITY_EVERY'] ?? 40)

async function manifests(): Promise<PackManifest[]> {
  const ids = (await readdir(packs)).filter((id) => id !== 'training')
  const files = await Promise.all(ids.map(async (id) => (await readdir(join(packs, id))).map((version) => join(packs, id, version, 'manifest.json'))))
  const parsed = await Promise.all(files.flat().map(async (file) => parsePackManifest(JSON.parse(await readFile(file, 'utf8')))))
  expect(parsed.filter(({ ok }) => !ok)).toEqual([])
  return parsed.flatMap((each) => (each.ok ? [each.value] : []))
}

async function valPictures(folder: string): Promise<string[]> {
  const [header, ...lines] = (await readFile(join(data, folder, 'labels.csv'), 'utf8')).split('\n').filter(Boolean)
  const split = header!.split(',').indexOf('split')
  return lines.map((line) => line.split(',')).filter((cells) => cells[split] === 'val').map(([file]) => join(data, folder, file!)).filter((_, index) => index % EVERY === 0)
}

async function decode(file: string): Promise<Pixels> {
  const { data: bytes, info } = await sharp(file).rotate().removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels as 1 | 3, frames: 1, data: new Uint8Array(bytes) }
}

/** What training/data.py makes of the bytes that training/preprocess.mjs wrote: channels first, mean and deviation of `to-tensor`. */
function asTraining(pixels: Pixels, steps: readonly PreprocessStep[]): Float32Array {
  const { data: bytes, channels, width, height } = renderPreprocessed(pixels, 0, [...steps])
  const area = width * height
  return Float32Array.from({ length: area * channels }, (_, i) => (bytes[(i % area) * channels + Math.floor(i / area)]! - 128) / 128)
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length)
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0)
}

describe('training and appliance see the same pixels', () => {
  it.skipIf(!existsSync(data))('of val, for every pack, to less than 1/255 (skipped without ../shared/data)', async () => {
    const seen: string[] = []
    for (const manifest of await manifests()) {
      for (const folder of FOLDERS[manifest.modality]) {
        const pictures = await valPictures(folder)
        expect(pictures.length, `pictures of ${folder}`).toBeGreaterThan(0)
        let most = 0
        for (const file of pictures) {
          const pixels = await decode(file)
          const served = preprocess(pixels, 0, manifest.preprocess).data
          const difference = largestDifference(served, asTraining(pixels, manifest.preprocess))
          expect(difference, `${manifest.id} on a picture of ${folder}`).toBeLessThan(1 / 255)
          most = Math.max(most, difference)
        }
        seen.push(`${manifest.id} ${manifest.version}, ${pictures.length} pictures of ${folder}: largest difference ${most}`)
      }
    }
    if (EVERY === 1) process.stdout.write(`${seen.join('\n')}\n`)
  }, EVERY >= 40 ? 240_000 : 3_600_000)
})
