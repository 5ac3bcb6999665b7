import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { isErrno } from '../platform/durable-fs.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { CLEARED_BY } from './clears.js'
import type { OperatingPoints, PackManifest } from './manifest.js'
import { parseOperatingPoints, parsePackManifest } from './manifest.js'

/** One version of a pack as found on disk; `problem` says why it is out of service. */
export type PackCheck = {
  readonly id: string
  readonly version: string
  readonly folder: string
  readonly manifest?: PackManifest
  readonly operatingPoints?: OperatingPoints
  /** Of model.onnx as it is on disk. */
  readonly sha256?: string
  readonly problem?: Problem
}

/** A pack whose files are in order. */
export type CheckedPack = PackCheck & { readonly manifest: PackManifest; readonly operatingPoints: OperatingPoints; readonly sha256: string }

const ID = /^[a-z0-9-]+$/
const VERSION = /^(\d+)\.(\d+)\.(\d+)$/
const restore = 'Copy the pack again from its release, or remove its folder.'

/**
 * Every version of every pack in `folder` (`<id>/<version>/`; several folders separated as in PATH), by id, newest version first.
 * Folders without a version folder are not packs. What is wrong with one pack is its `problem`; nothing of a pack makes this throw.
 */
export async function checkPacks(folder: string): Promise<PackCheck[]> {
  const places = (await Promise.all(folder.split(delimiter).map(placesIn))).flat()
  const inOrder = places.sort((a, b) => (a.id === b.id ? newestFirst(a.version, b.version) : a.id < b.id ? -1 : 1))
  return Promise.all(inOrder.map(checkPack))
}

async function placesIn(folder: string): Promise<Place[]> {
  const ids = (await folders(folder)).filter((name) => ID.test(name))
  const found = await Promise.all(ids.map(async (id) => {
    const versions = (await folders(join(folder, id))).filter((name) => VERSION.test(name))
    return versions.map((version) => ({ id, version, folder: join(folder, id, version) }))
  }))
  return found.flat()
}

/** The newest version in order of each id. */
export function packsInService(checks: readonly PackCheck[]): CheckedPack[] {
  const newest = new Map<string, CheckedPack>()
  for (const check of checks) if (isChecked(check) && !newest.has(check.id)) newest.set(check.id, check)
  return [...newest.values()]
}

/** Whether the files of a version are in order. */
export const isChecked = (check: PackCheck): check is CheckedPack =>
  !check.problem && check.manifest !== undefined && check.operatingPoints !== undefined && check.sha256 !== undefined

function newestFirst(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  return (right[0]! - left[0]!) || (right[1]! - left[1]!) || (right[2]! - left[2]!)
}

async function folders(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []
    throw error
  }
}

type Place = Pick<PackCheck, 'id' | 'version' | 'folder'>

/** Checks the hash first: a manifest is only believed beside the very model it describes. */
async function checkPack(place: Place): Promise<PackCheck> {
  const manifest = await readJson(place, 'manifest.json', parsePackManifest)
  if (!manifest.ok) return { ...place, problem: manifest.error }
  const known = { ...place, manifest: manifest.value }
  const sha256 = await hashOf(join(place.folder, manifest.value.model.file))
  if (!sha256) return { ...known, problem: problem('pack-model-missing', `${at(place)}: model.onnx can't be read. ${restore}`) }
  const mismatch = mismatchOf(place, manifest.value, sha256)
  if (mismatch) return { ...known, sha256, problem: mismatch }
  const points = await operatingPointsOf(place, manifest.value, sha256)
  return points.ok ? { ...known, sha256, operatingPoints: points.value } : { ...known, sha256, problem: points.error }
}

const at = ({ id, version }: Place): string => `${id}/${version}`

function mismatchOf(place: Place, manifest: PackManifest, sha256: string): Problem | undefined {
  if (manifest.id !== place.id || manifest.version !== place.version) {
    return problem('pack-misplaced', `${at(place)}: its manifest says ${manifest.id}/${manifest.version}. Move the folder to where its manifest says.`)
  }
  if (manifest.model.sha256 !== sha256) {
    return problem('pack-hash-mismatch', `${at(place)}: model.onnx has sha256 ${sha256}, the manifest says ${manifest.model.sha256}. ${restore}`)
  }
  const needed = CLEARED_BY[manifest.modality]
  if (manifest.findings.length > 0 && needed !== undefined && !manifest.findings.some(({ code }) => code === needed)) {
    return problem('pack-finding-missing', `${at(place)}: it has no finding ${needed}, and without it "nothing found" would send sick people home. Add the finding to its manifest, or remove its folder.`)
  }
  return undefined
}

/** Thresholds are bound to one model: those of another are refused, and each finding needs one at the default point. */
async function operatingPointsOf(place: Place, manifest: PackManifest, sha256: string): Promise<Result<OperatingPoints, Problem>> {
  if (manifest.findings.length === 0) return ok({ modelSha256: sha256, default: '', points: [] })
  const points = await readJson(place, 'operating-points.json', parseOperatingPoints)
  if (!points.ok) return points
  if (points.value.modelSha256 !== sha256) {
    return err(problem('pack-operating-points-stale', `${at(place)}: operating-points.json belongs to another model (${points.value.modelSha256}). Fit the thresholds on this model again.`))
  }
  const missing = manifest.findings.filter(({ code }) => !points.value.points.some((point) => point.finding === code && point.name === points.value.default))
  if (missing.length === 0) return points
  return err(problem('pack-operating-point-missing', `${at(place)}: operating-points.json has no point '${points.value.default}' for ${missing.map(({ code }) => code).join(', ')}. Add it.`))
}

async function readJson<T>(place: Place, name: string, parse: (raw: unknown) => Result<T, Problem[]>): Promise<Result<T, Problem>> {
  const refuse = (why: string): Result<T, Problem> => err(problem('pack-unreadable', `${at(place)}: ${name} ${why} ${restore}`))
  let raw: unknown
  try {
    raw = JSON.parse(await readFile(join(place.folder, name), 'utf8'))
  } catch (error) {
    return refuse(error instanceof SyntaxError ? 'is not JSON.' : "can't be read.")
  }
  const parsed = parse(raw)
  if (parsed.ok) return parsed
  const [first] = parsed.error
  return refuse(`is not valid: ${first?.path ?? ''}: ${first?.message ?? ''}${parsed.error.length > 1 ? ` (and ${parsed.error.length - 1} more)` : ''}.`)
}

async function hashOf(path: string): Promise<string | undefined> {
  try {
    return createHash('sha256').update(await readFile(path)).digest('hex')
  } catch {
    return undefined
  }
}
