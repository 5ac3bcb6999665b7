import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { packsFolder } from '../../../src/cli/host.js'
import { cpuDescription } from '../../../src/inference/dot-product.js'
import { parsePackManifest } from '../../../src/inference/manifest.js'
import type { PackManifest } from '../../../src/inference/manifest.js'
import { preprocess } from '../../../src/inference/preprocess/preprocess.js'
import type { Values } from '../../../src/inference/session.js'
import { openSession, sessionSettings } from '../../../src/inference/session.js'
import { renderPhantom } from '../../../src/phantoms/phantom.js'
import type { PhantomKind } from '../../../src/phantoms/phantom.js'
import type { Figure } from '../figures.js'
import { quantile, spread } from '../figures.js'
import { floatTwin, matrixProduct } from '../onnx-bytes.js'

const RUNS = 60
const PEAK_SIZE = 1024
const PHANTOM_OF: Readonly<Record<PackManifest['modality'], PhantomKind>> = { fundus: 'fundus', cxr: 'chest', ultrasound: 'lung-ultrasound', any: 'fundus' }
const CPU = { executionProviders: ['cpu'], intraOpNumThreads: availableParallelism(), logSeverityLevel: 4 } as const

type Pair = { readonly int8: number[]; readonly float: number[] }

/**
 * Nothing but `session.run` on the CPU, for each pack, on a phantom preprocessed as the manifest says: INT8 through the
 * appliance's own session and its FP32 twin with the same settings, turn by turn so that both meet the same load, beside the floor (the model's multiply-adds at the
 * rate of this CPU's int8 dot product, measured on a matrix product of 1024 x 1024).
 */
export async function benchModels(): Promise<Figure[]> {
  const peak = await int8Peak()
  const figures: Figure[] = [{ part: 'models', name: 'int8 multiply-adds, measured peak', value: peak / 1e9, unit: 'G/s', note: `${CPU.intraOpNumThreads} threads` }]
  for (const folder of await packFolders()) {
    const manifest = parsePackManifest(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
    if (!manifest.ok) continue
    const name = `${manifest.value.id} ${manifest.value.version}`
    const times = await timePair(folder, manifest.value)
    figures.push(...spread('models', `${name} bare session.run`, times.int8), ...spread('models', `${name} FP32 twin`, times.float), ...beside(name, times))
    const work = await multiplyAdds(folder)
    if (work) figures.push({ part: 'models', name: `${name} floor`, value: work / peak * 1000, unit: 'ms', note: `${(work / 1e6).toFixed(0)} M multiply-adds` })
  }
  return figures
}

/** How many times faster INT8 is: by the medians, and by the quickest run of each (what it is when nothing else runs). */
function beside(name: string, { int8, float }: Pair): Figure[] {
  const ratio = (q: number): number => quantile(float, q) / quantile(int8, q)
  return [
    { part: 'models', name: `${name} quickest INT8`, value: quantile(int8, 0), unit: 'ms' },
    { part: 'models', name: `${name} FP32 over INT8, p50`, value: ratio(0.5), unit: 'x' },
    { part: 'models', name: `${name} FP32 over INT8, quickest`, value: ratio(0), unit: 'x' }
  ]
}

async function int8Peak(): Promise<number> {
  const session = await InferenceSession.create(matrixProduct(PEAK_SIZE), CPU)
  const of = <T extends Uint8Array | Int8Array>(data: T): T => { data.forEach((_, i) => { data[i] = i * 7 % 100 }); return data }
  const dims = [PEAK_SIZE, PEAK_SIZE]
  const feeds = { a: new Tensor('uint8', of(new Uint8Array(PEAK_SIZE ** 2)), dims), b: new Tensor('int8', of(new Int8Array(PEAK_SIZE ** 2)), dims) }
  const times: number[] = []
  for (let i = 0; i < 2 * RUNS; i++) times.push(await timed(() => session.run(feeds)))
  await session.release()
  return PEAK_SIZE ** 3 / (quantile(times, 0) / 1000)
}

async function multiplyAdds(folder: string): Promise<number | undefined> {
  const metrics = JSON.parse(await readFile(join(folder, 'metrics.json'), 'utf8').catch(() => '{}')) as { multiplyAdds?: number }
  return metrics.multiplyAdds
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await run()
  return performance.now() - begun
}

async function timePair(folder: string, manifest: PackManifest): Promise<Pair> {
  const bytes = await readFile(join(folder, manifest.model.file))
  const int8 = await openSession(join(folder, manifest.model.file), { providers: ['cpu'] })
  // Without this key ONNX Runtime keeps the dequantizing of the weights for a fusion that never comes.
  const settings = sessionSettings('cpu', CPU.intraOpNumThreads, await cpuDescription())
  const float = await InferenceSession.create(floatTwin(bytes), { ...settings, extra: { session: { ...settings.extra.session, disable_quant_qdq: '1' } } })
  const values = valuesOf(manifest)
  const feeds = { [manifest.input.name]: new Tensor('float32', values.data, [...values.dims]) }
  const times: Pair = { int8: [], float: [] }
  for (let i = -5; i < RUNS; i++) {
    const [a, b] = [await timed(() => int8.run(manifest.input.name, values)), await timed(() => float.run(feeds))]
    if (i >= 0) { times.int8.push(a); times.float.push(b) }
  }
  await Promise.all([int8.release(), float.release()])
  return times
}

function valuesOf(manifest: PackManifest): Values {
  const pixels = renderPhantom(PHANTOM_OF[manifest.modality], { seed: 1, width: 512, height: 512 })
  const { data, channels, height, width } = preprocess(pixels, 0, manifest.preprocess)
  return { data, dims: [1, channels, height, width] }
}

/** Median milliseconds of a bare run, by `id version`; to set beside what the appliance took. */
export async function bareMedians(): Promise<Map<string, number>> {
  const medians = new Map<string, number>()
  for (const folder of await packFolders()) {
    const manifest = parsePackManifest(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
    if (manifest.ok) medians.set(`${manifest.value.id} ${manifest.value.version}`, quantile((await timePair(folder, manifest.value)).int8, 0.5))
  }
  return medians
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
