import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { atThreshold } from '../../src/evaluate/confusion.js'
import { checkPacks, packsInService } from '../../src/inference/packs.js'
import { chestPhantom } from '../../src/phantoms/chest.js'
import { startReader } from '../../src/pipeline/reader/reader.js'
import { silentLog } from '../../src/platform/log.js'
import { linearModel } from '../generators/onnx.js'
import { bin, run, temporaryData } from './appliance.js'

/** What a stranger writes down (docs/add-a-model.md). */
const recipe = {
  id: 'tb-stranger', version: '1.0.0', task: 'findings', modality: 'cxr', title: 'A model brought by somebody else',
  input: { name: 'input', channels: 3, height: 32, width: 32 },
  preprocess: [{ step: 'pad-square' }, { step: 'resize', width: 32, height: 32 }, { step: 'repeat-channels' }, { step: 'to-tensor', mean: [128, 128, 128], std: [128, 128, 128] }],
  outputs: { logits: 'logits' }, classes: ['tb'], findings: [{ code: 'tb', name: 'Signs that fit tuberculosis', source: { kind: 'logit', index: 0 } }],
  gate: {}, resolution: { refuseBelow: 128, meantFor: 256 }, intendedUse: 'A test.', limits: ['Knows brightness only.'], trainingData: [], trainingResolution: '32 pixels', golden: { tolerance: 0.01 }
}

describe('an ONNX file and a labelled folder', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  const make = (...more: string[]) => run(process.execPath, [bin, 'new-pack', '--recipe', at('recipe.json'), '--model', at('model.onnx'), '--csv', at('labels.csv'), '--root', at('films'), '--out', at('packs'), ...more], { timeout: 120_000 })

  beforeAll(async () => {
    folder = await temporaryData()
    await mkdir(at('films'))
    await writeFile(at('recipe.json'), JSON.stringify(recipe))
    await writeFile(at('model.onnx'), linearModel({ size: 32, weights: [[2, 2, 2]], bias: [0] }))
    const rows = await Promise.all(Array.from({ length: 30 }, async (_, seed) => {
      const ill = seed % 2 === 1
      const film = chestPhantom({ seed, width: 256, height: 256, opacity: ill ? 'effusion' : 'none' })
      await sharp(film.data, { raw: { width: 256, height: 256, channels: 1 } }).png().toFile(at(`films/${seed}.png`))
      return `${seed}.png,${ill ? 'tb' : 'normal'},person-${seed}`
    }))
    await writeFile(at('labels.csv'), `file,label,patient_or_eye_id\n${rows.join('\n')}\n0.png,unsure,person-0\n40.png,tb,person-40\ndark.png,normal,person-41\n`)
    await sharp({ create: { width: 256, height: 256, channels: 3, background: '#102040' } }).png().toFile(at('films/dark.png'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('become a pack that is in service, without a change to the program', async () => {
    const { stdout } = await make()
    expect(stdout).toContain('tb high-sensitivity: threshold')
    expect(stdout).toContain('tb: 2 more of known truth (1 positive) got no score (unreadable, ungradable or not for this pack) and are in none of these figures. 1 row says nothing of tb (unsure)')
    expect(stdout).toContain('Where they are installed together tb-chest reads every cxr image and tb-stranger none')
    const pack = packsInService(await checkPacks(at('packs'))).find(({ id }) => id === 'tb-stranger')!
    expect(pack.operatingPoints.points.map(({ name, n }) => [name, n])).toContainEqual(['high-sensitivity', 30])
    expect(pack.manifest.findings[0]!.calibration.kind).toBe('platt')
    const card = await readFile(join(pack.folder, 'CARD.md'), 'utf8')
    expect(card).toMatch(/\| tb \| high-sensitivity \| 0\.\d{4} \| (0\.9|1\.0)/)
    expect(card).toContain('- tb: 2 more of known truth (1 positive) got no score')
    await using reader = await startReader({ packsFolder: at('packs'), log: silentLog, script: new URL('../../dist/src/pipeline/reader/child.js', import.meta.url), readyWithinMs: 60_000 })
    expect((await reader.ready).packs.map(({ id, inService, problem }) => [id, inService, problem])).toEqual([['tb-stranger', true, undefined]])
    const cases = await Promise.all(Array.from({ length: 30 }, async (_, seed) => {
      const reading = await reader.read({ path: at(`films/${seed}.png`), packId: 'tb-stranger' })
      return { score: reading.ok ? reading.value.findings[0]!.score : 0, positive: seed % 2 === 1, patient: `${seed}` }
    }))
    for (const { threshold, sensitivity, specificity } of pack.operatingPoints.points) {
      const found = atThreshold(cases, threshold)
      expect([found.sensitivity.value, found.specificity.value]).toEqual([sensitivity.value, specificity.value])
    }
  }, 180_000)

  it('are refused with every reason at once, and nothing is left behind', async () => {
    await expect(make()).rejects.toMatchObject({ stderr: expect.stringContaining('give the recipe a new version') as string })
    await writeFile(at('recipe.json'), JSON.stringify({ ...recipe, version: '2', task: 'guessing' }))
    await expect(make()).rejects.toMatchObject({ stderr: expect.stringMatching(/version.*\n.*task/) as string })
    await writeFile(at('recipe.json'), JSON.stringify({ ...recipe, version: '2.0.0', outputs: { logits: 'scores' } }))
    await expect(make()).rejects.toMatchObject({ stderr: expect.stringContaining('it has logits') as string })
    await writeFile(at('recipe.json'), JSON.stringify({ ...recipe, version: '2.0.0' }))
    await expect(make('--truth', 'tbx=label:tb')).rejects.toMatchObject({ stderr: expect.stringContaining('--truth: there is no finding tbx; the pack has tb') as string })
    await expect(make('--truth', 'tb=label:normal')).rejects.toMatchObject({ stderr: expect.stringContaining('the model\'s output falls where the finding is present') as string })
    await expect(make('--where', 'label=normal')).rejects.toMatchObject({ stderr: expect.stringContaining('0 positive') as string })
    expect(await readdir(at('packs/tb-stranger'))).toEqual(['1.0.0'])
  }, 180_000)
})
