import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeGoldenCases } from '../inference/golden.js'
import type { OperatingPoints, PackManifest } from '../inference/manifest.js'
import { parsePackManifest } from '../inference/manifest.js'
import { checkPacks, packsInService } from '../inference/packs.js'
import { openSession } from '../inference/session.js'
import { UsageError, packsFolder } from './host.js'

/** A pack that reads, with scores not yet calibrated, in a packs folder of its own beside the installed gate. */
export type DraftPack = { readonly manifest: PackManifest; readonly packs: string; readonly folder: string }

const UNCALIBRATED = { kind: 'platt', a: 1, b: 0 } as const

type Recipe = { readonly findings?: readonly { readonly code?: string }[] }

/** @throws UsageError naming every problem of the recipe at once */
export async function draftPack(recipeFile: string, modelFile: string): Promise<DraftPack> {
  const model = await readFile(resolve(modelFile)).catch(() => undefined)
  if (!model) throw new UsageError(`${modelFile} can't be read; give the path of an ONNX file with --model.`)
  const sha256 = createHash('sha256').update(model).digest('hex')
  const manifest = manifestOf(recipeFile, await readRecipe(recipeFile), sha256)
  const packs = await mkdtemp(join(tmpdir(), 'screenpost-new-pack-'))
  const folder = join(packs, manifest.id, manifest.version)
  await mkdir(join(folder, 'golden'), { recursive: true })
  await writeFile(join(folder, 'model.onnx'), model)
  await writePackFiles(folder, manifest, draftPoints(manifest, sha256))
  await writeFile(join(folder, 'golden/cases.json'), `${JSON.stringify(await goldenOf(join(folder, 'model.onnx'), manifest), undefined, 1)}\n`)
  await copyGate(packs)
  return { manifest, packs, folder }
}

/** `manifest.json` and `operating-points.json` of a pack. */
export async function writePackFiles(folder: string, manifest: PackManifest, points: OperatingPoints): Promise<void> {
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 1)}\n`)
  await writeFile(join(folder, 'operating-points.json'), `${JSON.stringify(points, undefined, 1)}\n`)
}

async function readRecipe(file: string): Promise<Recipe> {
  try {
    return JSON.parse(await readFile(resolve(file), 'utf8')) as Recipe
  } catch (error) {
    throw new UsageError(error instanceof SyntaxError ? `${file} is not JSON (${error.message}).` : `${file} can't be read; docs/add-a-model.md has a recipe to begin with.`)
  }
}

function manifestOf(file: string, recipe: Recipe, sha256: string): PackManifest {
  const findings = (recipe.findings ?? []).map((finding) => ({ ...finding, calibration: UNCALIBRATED }))
  const parsed = parsePackManifest({ formatVersion: 1, ...recipe, findings, model: { file: 'model.onnx', sha256 } })
  if (parsed.ok) return parsed.value
  throw new UsageError(parsed.error.map(({ path, message }) => `${file}: ${(path ?? '').replace(/^manifest\.json: /, '')}: ${message}`).join('\n'))
}

function draftPoints({ findings }: PackManifest, modelSha256: string): OperatingPoints {
  const unknown = { value: 0, low: 0, high: 1 }
  return { modelSha256, default: 'draft', points: findings.map(({ code }) => ({ name: 'draft', finding: code, threshold: 0.5, sensitivity: unknown, specificity: unknown, n: 0, positives: 0, data: 'none' })) }
}

async function goldenOf(model: string, manifest: PackManifest) {
  const session = await openSession(model).catch((error: unknown) => {
    throw new UsageError(`ONNX Runtime can't open the model: ${error instanceof Error ? error.message : String(error)}`)
  })
  try {
    const { logits, activation, embedding, quality } = manifest.outputs
    const missing = [logits, activation, embedding, quality].filter((name) => name !== undefined && !session.outputNames.includes(name))
    if (missing.length > 0) throw new UsageError(`The model has no output ${missing.join(', ')}; it has ${session.outputNames.join(', ')}. Correct "outputs" in the recipe.`)
    if (!session.inputNames.includes(manifest.input.name)) throw new UsageError(`The model has no input ${manifest.input.name}; it has ${session.inputNames.join(', ')}. Correct "input.name" in the recipe.`)
    return await makeGoldenCases(session, manifest)
  } finally {
    await session.release()
  }
}

/** Images of the labelled set pass the same gate as they will in the clinic. */
async function copyGate(packs: string): Promise<void> {
  const gate = packsInService(await checkPacks(packsFolder)).find(({ manifest }) => manifest.task === 'image-type')
  if (gate) await cp(gate.folder, join(packs, gate.id, gate.version), { recursive: true })
}
