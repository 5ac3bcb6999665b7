import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { ENGINE_FILES, readEngineRecord } from '../inference/engines.js'
import type { EngineKey, EngineRecord } from '../inference/engines.js'
import { wrapEngine } from '../inference/ep-context.js'
import { checkGolden } from '../inference/golden.js'
import { readModelShape } from '../inference/model-shape.js'
import type { CheckedPack } from '../inference/packs.js'
import { openSession } from '../inference/session.js'
import type { Clock } from '../platform/clock.js'
import { fsyncDirectory, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import { buildEngine } from './engine-build.js'
import { ENGINE_FLAGS, engineName } from './engine-name.js'
import type { EnginePlatform } from './engine-platform.js'

/** Opens a wrapper with TensorRT and runs the pack's golden cases; the problem says why the engine may not serve. */
export type ProveEngine = (pack: CheckedPack, wrapper: string) => Promise<Problem | undefined>

export type CompileOptions = {
  readonly enginesFolder: string
  readonly platform: EnginePlatform
  readonly trtexec: string
  readonly clock: Clock
  readonly workspaceMb?: number
  readonly memoryLimitMb?: number
  readonly timeoutMs?: number
  /** TensorRT on this machine unless a test brings its own. */
  readonly prove?: ProveEngine
}

export type Compiled = { readonly pack: string; readonly outcome: 'built' | 'there-already' | 'refused' | 'failed'; readonly problem?: Problem; readonly seconds: number }

/**
 * One pack after the other: engine, wrapper, proof, and the record last, so that a power cut leaves either a whole engine or
 * nothing that counts. What is there already, whole and for this machine, is left alone; a refused engine is not tried again.
 */
export async function* compilePacks(packs: readonly CheckedPack[], options: CompileOptions): AsyncGenerator<Compiled> {
  await makeDirectoryDurable(options.enginesFolder)
  for (const pack of packs) yield await compilePack(pack, options)
}

async function compilePack(pack: CheckedPack, options: CompileOptions): Promise<Compiled> {
  const name = `${pack.id}/${pack.version}`
  const key: EngineKey = { modelSha256: pack.sha256, ...options.platform, flags: [...ENGINE_FLAGS] }
  const folder = join(options.enginesFolder, engineName(name, key))
  const known = await readEngineRecord(folder)
  if (known && (await hashOf(join(folder, ENGINE_FILES.engine))) === known.engineSha256) {
    return known.proven ? { pack: name, outcome: 'there-already', seconds: 0 } : { pack: name, outcome: 'refused', problem: refused(name, known.refusedBecause ?? ''), seconds: 0 }
  }
  const startedMs = options.clock.monotonicMs()
  const seconds = (): number => Math.round((options.clock.monotonicMs() - startedMs) / 100) / 10
  const failure = await build(pack, folder, options)
  if (failure) return { pack: name, outcome: 'failed', problem: failure, seconds: seconds() }
  const doubt = await (options.prove ?? proveOnTensorrt)(pack, join(folder, ENGINE_FILES.wrapper))
  const record: EngineRecord = {
    formatVersion: 1, pack: name, key, engineSha256: (await hashOf(join(folder, ENGINE_FILES.engine))) ?? '', builtAt: options.clock.now().toISOString(),
    buildSeconds: seconds(), proven: !doubt, ...(doubt ? { refusedBecause: doubt.message } : {})
  }
  await writeFileDurable(join(folder, ENGINE_FILES.record), Buffer.from(`${JSON.stringify(record, undefined, 1)}\n`))
  return doubt ? { pack: name, outcome: 'refused', problem: refused(name, doubt.message), seconds: seconds() } : { pack: name, outcome: 'built', seconds: seconds() }
}

const refused = (name: string, why: string): Problem => problem('engine-refused', `${name}: the compiled engine may not serve (${why}). CUDA or CPU serves; remove the engine's folder to try again.`)

async function build(pack: CheckedPack, folder: string, { enginesFolder, trtexec, workspaceMb = 1024, memoryLimitMb = 4096, timeoutMs = 3_600_000 }: CompileOptions): Promise<Problem | undefined> {
  const model = join(pack.folder, pack.manifest.model.file)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const engine = join(folder, ENGINE_FILES.engine)
  const failure = await buildEngine({ trtexec, model, engine: `${engine}.new`, timingCache: join(enginesFolder, 'timing.cache'), flags: ENGINE_FLAGS, workspaceMb, memoryLimitMb, timeoutMs })
  if (failure) { await rm(folder, { recursive: true, force: true }); return failure }
  await rename(`${engine}.new`, engine)
  await fsyncDirectory(folder)
  await writeFileDurable(join(folder, ENGINE_FILES.wrapper), wrapEngine({ engineFile: ENGINE_FILES.engine, ...(await readModelShape(model)) }))
  return undefined
}

const proveOnTensorrt: ProveEngine = async (pack, wrapper) => {
  try {
    const session = await openSession(wrapper, { providers: ['tensorrt'] })
    try {
      return await checkGolden(pack, session)
    } finally {
      await session.release()
    }
  } catch (error) {
    return problem('engine-not-opened', `TensorRT does not open it: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function hashOf(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
