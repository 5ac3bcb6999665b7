import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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

/** So flat that a score of the draft, a sigmoid, still tells log-odds of some hundred apart: they are read back from it. */
export const DRAFT_SLOPE = 1 / 64
const UNCALIBRATED = { kind: 'platt', a: DRAFT_SLOPE, b: 0 } as const

export type Recipe = { readonly findings?: unknown; readonly preprocess?: unknown }

/** @throws UsageError naming every problem of the recipe at once; nothing is left behind then */
export async function draftPack(recipeFile: string, modelFile: string): Promise<DraftPack> {
  const model = await readFile(resolve(modelFile)).catch(() => undefined)
  if (!model) throw new UsageError(`${modelFile} can't be read; give the path of an ONNX file with --model.`)
  const sha256 = createHash('sha256').update(model).digest('hex')
  const manifest = manifestOf(recipeFile, await readRecipe(recipeFile), sha256)
  const packs = await mkdtemp(join(tmpdir(), 'screenpost-new-pack-'))
  try {
    return { manifest, packs, folder: await writeDraft(packs, manifest, model) }
  } catch (error) {
    await rm(packs, { recursive: true, force: true })
    throw error
  }
}

async function writeDraft(packs: string, manifest: PackManifest, model: Buffer): Promise<string> {
  const folder = join(packs, manifest.id, manifest.version)
  await mkdir(join(folder, 'golden'), { recursive: true })
  await writeFile(join(folder, 'model.onnx'), model)
  await writePackFiles(folder, manifest, draftPoints(manifest))
  await writeFile(join(folder, 'golden/cases.json'), `${JSON.stringify(await goldenOf(join(folder, 'model.onnx'), manifest), undefined, 1)}\n`)
  await copyGate(packs)
  return folder
}

/** `manifest.json` and `operating-points.json` of a pack. */
export async function writePackFiles(folder: string, manifest: PackManifest, points: OperatingPoints): Promise<void> {
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 1)}\n`)
  await writeFile(join(folder, 'operating-points.json'), `${JSON.stringify(points, undefined, 1)}\n`)
}

/** @throws UsageError where the file is not there or holds no JSON object */
export async function readRecipe(file: string): Promise<Recipe> {
  const text = await readFile(resolve(file), 'utf8').catch(() => undefined)
  if (text === undefined) throw new UsageError(`${file} can't be read; docs/add-a-model.md has a recipe to begin with.`)
  const recipe = parseJson(file, text)
  if (typeof recipe === 'object' && recipe !== null && !Array.isArray(recipe)) return recipe
  throw new UsageError(`${file} holds no recipe: it must be a JSON object, as in docs/add-a-model.md.`)
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is not JSON (${error instanceof Error ? error.message : String(error)}).`)
  }
}

/** The manifest that a recipe makes. @throws UsageError naming every problem of the recipe at once */
export function manifestOf(file: string, recipe: Recipe, sha256: string): PackManifest {
  const findings = Array.isArray(recipe.findings) ? recipe.findings.map((finding: object) => ({ ...finding, calibration: UNCALIBRATED })) : recipe.findings
  const raw = { formatVersion: 1, ...recipe, findings, model: { file: 'model.onnx', sha256 } }
  const parsed = parsePackManifest(raw)
  if (!parsed.ok) throw new UsageError(parsed.error.map(({ path, message }) => `${file}: ${(path ?? '').replace(/^manifest\.json: /, '')}: ${message}`).join('\n'))
  const problems = [...unknownKeys(raw, parsed.value).map((path) => `${path} is no field of a recipe. Correct its name or take it out`), ...needsWithoutOutput(parsed.value)]
  if (problems.length > 0) throw new UsageError(problems.map((each) => `${file}: ${each}.`).join('\n'))
  return parsed.value
}

/** Paths of what the manifest's schema did not take: a misspelt field would be no field, and nobody would hear of it. */
function unknownKeys(raw: unknown, taken: unknown, at = ''): string[] {
  if (typeof raw !== 'object' || raw === null || typeof taken !== 'object' || taken === null) return []
  return Object.entries(raw).flatMap(([key, value]: [string, unknown]) => {
    const path = at ? `${at}.${key}` : key
    if (!Object.hasOwn(taken, key)) return [path]
    return unknownKeys(value, (taken as Record<string, unknown>)[key], path)
  })
}

/** Limits and maps of something that the model does not say: they would never refuse an image, never draw anything. */
function needsWithoutOutput({ gate, heatmap, outputs }: PackManifest): string[] {
  return [
    ...(gate.qualityRejectAbove !== undefined && outputs.quality === undefined ? ['gate.qualityRejectAbove needs the name of the model\'s quality output in outputs.quality'] : []),
    ...(gate.outOfDistribution && outputs.embedding === undefined ? ['gate.outOfDistribution needs the name of the model\'s embedding output in outputs.embedding'] : []),
    ...(heatmap && outputs.activation === undefined ? ['heatmap needs the name of the model\'s activation output in outputs.activation'] : [])
  ]
}

function draftPoints({ findings, model: { sha256: modelSha256 } }: PackManifest): OperatingPoints {
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
    return await makeGoldenCases(session, manifest).catch((error: unknown) => {
      const { channels, height, width } = manifest.input
      throw new UsageError(`The model can't read what the recipe makes, ${channels} x ${height} x ${width} (channels, height, width): ${firstLine(error)} Correct "input" and the last resize in the recipe to what the model takes.`)
    })
  } finally {
    await session.release()
  }
}

const firstLine = (error: unknown): string => `${(error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim().replace(/\.$/, '')}.`

/** Images of the labelled set pass the same gate as they will in the clinic. */
async function copyGate(packs: string): Promise<void> {
  const gate = packsInService(await checkPacks(packsFolder)).find(({ manifest }) => manifest.task === 'image-type')
  if (gate) await cp(gate.folder, join(packs, gate.id, gate.version), { recursive: true })
}
