import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { packsFolder } from '../../../src/cli/host.js'
import { parsePackManifest } from '../../../src/inference/manifest.js'
import type { PackManifest } from '../../../src/inference/manifest.js'
import { preprocess } from '../../../src/inference/preprocess/preprocess.js'
import { renderPhantom } from '../../../src/phantoms/phantom.js'
import type { PhantomKind } from '../../../src/phantoms/phantom.js'
import type { Figure } from '../figures.js'
import { quantile, spread } from '../figures.js'

const RUNS = 60
const PHANTOM_OF: Readonly<Record<PackManifest['modality'], PhantomKind>> = { fundus: 'fundus', cxr: 'chest', ultrasound: 'lung-ultrasound', any: 'fundus' }

/** Nothing but `session.run` on the CPU, for each pack, on a phantom preprocessed as the manifest says. */
export async function benchModels(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const folder of await packFolders()) {
    const manifest = parsePackManifest(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
    if (!manifest.ok) continue
    const { id, version } = manifest.value
    figures.push(...spread('models', `${id} ${version} bare session.run`, await timeRuns(folder, manifest.value)))
  }
  return figures
}

/** Median milliseconds of a bare run, by `id version`; to set beside what the appliance took. */
export async function bareMedians(): Promise<Map<string, number>> {
  const medians = new Map<string, number>()
  for (const folder of await packFolders()) {
    const manifest = parsePackManifest(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
    if (manifest.ok) medians.set(`${manifest.value.id} ${manifest.value.version}`, quantile(await timeRuns(folder, manifest.value), 0.5))
  }
  return medians
}

async function timeRuns(folder: string, manifest: PackManifest): Promise<number[]> {
  const pixels = renderPhantom(PHANTOM_OF[manifest.modality], { seed: 1, width: 512, height: 512 })
  const { data, channels, height, width } = preprocess(pixels, 0, manifest.preprocess)
  const session = await InferenceSession.create(join(folder, manifest.model.file))
  const feeds = { [manifest.input.name]: new Tensor('float32', data, [1, channels, height, width]) }
  const times: number[] = []
  for (let i = -5; i < RUNS; i++) {
    const begun = performance.now()
    await session.run(feeds)
    if (i >= 0) times.push(performance.now() - begun)
  }
  await session.release()
  return times
}

async function packFolders(): Promise<string[]> {
  const folders: string[] = []
  for (const id of await readdir(packsFolder))
    for (const version of await namesIn(join(packsFolder, id))) {
      const folder = join(packsFolder, id, version)
      if ((await namesIn(folder)).includes('manifest.json')) folders.push(folder)
    }
  return folders
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])
