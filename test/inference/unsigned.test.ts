import { readdir, readFile, rm, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InferenceSession } from 'onnxruntime-node'
import { parsePackManifest } from '../../src/inference/manifest.js'
import type { PackManifest } from '../../src/inference/manifest.js'
import { preprocess } from '../../src/inference/preprocess/preprocess.js'
import { openSession } from '../../src/inference/session.js'
import { unsignedActivations } from '../../src/inference/unsigned.js'
import { renderPhantom } from '../../src/phantoms/phantom.js'

const packs = join(import.meta.dirname, '../../models-int8')
const phantomOf = { fundus: 'fundus', cxr: 'chest', ultrasound: 'lung-ultrasound', any: 'fundus' } as const

async function delivered(): Promise<{ name: string; folder: string }[]> {
  const ids = (await readdir(packs)).filter((id) => id !== 'training')
  const versions = await Promise.all(ids.map(async (id) => (await readdir(join(packs, id))).map((version) => ({ name: `${id} ${version}`, folder: join(packs, id, version) }))))
  return versions.flat()
}

async function manifestOf(folder: string): Promise<PackManifest> {
  const manifest = parsePackManifest(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
  if (!manifest.ok) throw new Error('the pack has no manifest that can be read')
  return manifest.value
}

/** The signed file as TensorRT takes it, run as it stands. */
async function signedLogits(folder: string, manifest: PackManifest): Promise<number[]> {
  const { Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(join(folder, manifest.model.file), { logSeverityLevel: 4 })
  const outputs = await session.run({ [manifest.input.name]: new Tensor('float32', inputOf(manifest), [1, manifest.input.channels, manifest.input.height, manifest.input.width]) })
  await session.release()
  return Array.from(outputs[manifest.outputs.logits]!.data as Float32Array)
}

async function servedLogits(folder: string, manifest: PackManifest): Promise<number[]> {
  const session = await openSession(join(folder, manifest.model.file), { providers: ['cpu'] })
  const outputs = await session.run(manifest.input.name, { data: inputOf(manifest), dims: [1, manifest.input.channels, manifest.input.height, manifest.input.width] })
  await session.release()
  return Array.from(outputs[manifest.outputs.logits]!.data)
}

const inputOf = (manifest: PackManifest): Float32Array =>
  preprocess(renderPhantom(phantomOf[manifest.modality], { seed: 4, width: 640, height: 520 }), 0, manifest.preprocess).data

const largestDifference = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, index) => Math.abs(value - b[index]!)))

const shelf = await delivered()

describe('unsigned activations for the CPU', () => {
  it.each(shelf)('$name says on the CPU what its signed file says, within its golden tolerance', async ({ folder }) => {
    const manifest = await manifestOf(folder)
    expect(unsignedActivations(await readFile(join(folder, manifest.model.file)))).toBeDefined()
    expect(largestDifference(await servedLogits(folder, manifest), await signedLogits(folder, manifest))).toBeLessThanOrEqual(manifest.golden.tolerance)
  })

  it('leaves the file that was read as it is', async () => {
    const [pack] = await delivered()
    const file = await readFile(join(pack!.folder, 'model.onnx'))
    const before = Buffer.from(file)
    expect(before.equals(unsignedActivations(file)!)).toBe(false)
    expect(file.equals(before)).toBe(true)
  })

  it('has nothing to say about a model without the names', () => {
    expect(unsignedActivations(new Uint8Array())).toBeUndefined()
  })

  it('refuses a file cut short, so that the pack is reported and not the reader broken', async () => {
    const [pack] = await delivered()
    const folder = await mkdtemp(join(tmpdir(), 'cut-model-'))
    const whole = await readFile(join(pack!.folder, 'model.onnx'))
    await writeFile(join(folder, 'model.onnx'), whole.subarray(0, whole.length / 2))
    await expect(openSession(join(folder, 'model.onnx'), { providers: ['cpu'] })).rejects.toThrow('ends inside')
    await rm(folder, { recursive: true })
  })
})
