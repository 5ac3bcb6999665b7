import { spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { phantomJpeg } from '../../src/simulate/pictures.js'
import { bombPng } from '../generators/images.js'
import { bin, run } from './appliance.js'
import { chestDicom, fundusJpeg } from './pictures.js'

const share = z.number().min(0).max(1)
/** The shape that other programs rely on (issue 1, "Exact shapes"). */
const line = z.object({
  file: z.string(), ok: z.literal(true), modality: z.enum(['fundus', 'cxr', 'ultrasound']).nullable(),
  pack: z.object({ id: z.string(), version: z.string(), sha256: z.string().length(64) }).nullable(),
  provider: z.enum(['tensorrt', 'cuda', 'cpu']),
  quality: z.object({ gradable: z.boolean(), score: share, reasons: z.array(z.object({ code: z.string(), text: z.string() })) }),
  findings: z.array(z.object({ code: z.string(), name: z.string(), score: share, threshold: z.number(), positive: z.boolean() })),
  triage: z.object({ level: z.enum(['routine', 'soon', 'urgent', 'immediate', 'none']), text: z.string().min(1) }),
  timingMs: z.object({ decode: z.number(), quality: z.number(), preprocess: z.number(), inference: z.number(), total: z.number() })
})

describe('screenpost analyze --json', () => {
  let folder: string
  const paths: Record<string, string> = {}
  const place = async (name: string, bytes: Uint8Array | string) => { paths[name] = join(folder, name); await writeFile(paths[name], bytes) }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-analyze-'))
    await place('chest.dcm', await chestDicom())
    await place('eye.jpg', await fundusJpeg())
    await place('text.dcm', 'this is a shopping list')
    await place('empty.jpg', '')
    await place('bomb.png', bombPng())
  })

  it('prints one object a line in the order given, and goes on after files that can not be read', async () => {
    const order = ['eye.jpg', 'text.dcm', 'chest.dcm', 'empty.jpg', 'bomb.png'].map((name) => paths[name]!)
    const outcome = await run(process.execPath, [bin, 'analyze', '--json', ...order]).catch((error: { code: number; stdout: string }) => error)
    expect('code' in outcome && outcome.code).toBe(2)
    const objects = outcome.stdout.trim().split('\n').map((text) => JSON.parse(text) as Record<string, unknown>)
    expect(objects.map((each) => each['file'])).toEqual(order)
    expect(objects.map((each) => each['ok'])).toEqual([true, false, true, false, false])
    for (const each of objects.filter((candidate) => candidate['ok'] === false))
      expect(each).toEqual({ file: each['file'], ok: false, error: { code: expect.any(String) as string, message: expect.any(String) as string } })
    const [eye, chest] = [line.parse(objects[0]), line.parse(objects[2])]
    expect([eye.modality, eye.pack?.id]).toEqual(['fundus', 'dr-fundus'])
    expect([chest.modality, chest.pack?.id]).toEqual(['cxr', 'tb-chest'])
    for (const reading of [eye, chest]) if (!reading.quality.gradable) expect(reading.findings).toEqual([])
  }, 120_000)

  it('says in words what to do with what it refuses, and that a chest reading without an age says nothing of a child', async () => {
    await place('chest.jpg', await phantomJpeg('chest', 3))
    await place('tiny.jpg', await sharp(await phantomJpeg('chest', 3)).resize(90).jpeg().toBuffer())
    const said = async (name: string): Promise<string> => (await run(process.execPath, [bin, 'analyze', paths[name]!])).stdout
    expect(await said('chest.jpg')).toContain('The age is not known: the chest reading is made for people from 15 years')
    expect(await said('chest.dcm')).not.toContain('The age is not known')
    expect(await said('tiny.jpg')).toMatch(/only 90 pixels.*Send the original image/)
  }, 120_000)

  it('reads a demonstration as it is drawn: clear eyes as routine, diseased ones as to be referred', async () => {
    const files = await Promise.all([4, 8, 6, 10, 7, 11].map(async (seed) => { await place(`shown-${seed}.jpg`, await phantomJpeg('fundus', seed)); return paths[`shown-${seed}.jpg`]! }))
    const { stdout } = await run(process.execPath, [bin, 'analyze', '--json', ...files])
    const levels = stdout.trim().split('\n').map((text) => line.parse(JSON.parse(text)).triage.level)
    expect(levels.slice(0, 2)).toEqual(['routine', 'routine'])
    for (const level of levels.slice(2)) expect(['soon', 'urgent']).toContain(level)
  }, 120_000)

  it('names the packs that there are when asked for one that is not there, before any file is read', async () => {
    const outcome = await run(process.execPath, [bin, 'analyze', '--json', '--pack', 'dr-fundis', paths['eye.jpg']!]).catch((error: { code: number; stdout: string; stderr: string }) => error)
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toMatch(/no pack dr-fundis.*dr-fundus.*tb-chest/)
  }, 120_000)

  it('says in a sentence where the overlays can not go, before any file is read', async () => {
    const outcome = await run(process.execPath, [bin, 'analyze', '--json', '--heatmap', join(paths['eye.jpg']!, 'overlays'), paths['eye.jpg']!]).catch((error: { code: number; stdout: string; stderr: string }) => error)
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toMatch(/eye\.jpg.*ENOTDIR.*Check that the path/)
    expect(outcome.stderr).not.toMatch(/^\s+at /m)
  }, 120_000)

  it('ends without a trace when nobody reads its lines any longer', async () => {
    const { stdout, stderr } = await run('sh', ['-c', '"$0" "$1" analyze --json "$2" "$3" | head -n 1', process.execPath, bin, paths['eye.jpg']!, paths['chest.dcm']!])
    expect(line.parse(JSON.parse(stdout)).file).toBe(paths['eye.jpg'])
    expect(stderr).toBe('')
  }, 120_000)

  it('stopped by Ctrl-C it prints no line for what it did not read, and its status says that there is more', async () => {
    const child = spawn(process.execPath, [bin, 'analyze', '--json', ...Array.from({ length: 200 }, () => paths['chest.dcm']!)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => { if (output === '') child.kill('SIGINT'); output += chunk.toString() })
    expect(await new Promise((done) => child.once('exit', done))).toBe(130)
    const lines = output.trim().split('\n')
    expect(lines.length).toBeLessThan(100)
    for (const text of lines) expect(JSON.parse(text)).toMatchObject({ file: paths['chest.dcm'], ok: true })
  }, 120_000)
})
