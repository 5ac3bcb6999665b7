import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Everything that an engine is valid for; another of any of these needs another engine. */
const engineKey = z.object({
  modelSha256: z.string().regex(/^[0-9a-f]{64}$/),
  tensorrt: z.string().min(1), gpu: z.string().min(1), driver: z.string().min(1),
  flags: z.array(z.string())
})
export type EngineKey = z.infer<typeof engineKey>

const engineRecord = z.object({
  formatVersion: z.literal(1), pack: z.string(), key: engineKey,
  /** Of the engine's bytes; a damaged engine is built again. */
  engineSha256: z.string().regex(/^[0-9a-f]{64}$/),
  builtAt: z.string(), buildSeconds: z.number(),
  /** Its golden cases agreed with the CPU's within the manifest's tolerance. Only then does it serve. */
  proven: z.boolean(), refusedBecause: z.string().optional()
})
export type EngineRecord = z.infer<typeof engineRecord>

/** File names inside `<engines>/<name>/`. */
export const ENGINE_FILES = { engine: 'model.engine', wrapper: 'model.onnx', record: 'engine.json' } as const

export async function readEngineRecord(folder: string): Promise<EngineRecord | undefined> {
  try {
    const parsed = engineRecord.safeParse(JSON.parse(await readFile(join(folder, ENGINE_FILES.record), 'utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/**
 * The wrapper of the newest proven engine made of this very model; undefined where there is none. Whether TensorRT and GPU are
 * still those that it was made for is found out by opening it: ONNX Runtime refuses another's engine.
 */
export async function findEngine(enginesFolder: string, modelSha256: string): Promise<string | undefined> {
  const names = await readdir(enginesFolder).catch(() => [])
  const found = await Promise.all(names.map(async (name) => ({ folder: join(enginesFolder, name), record: await readEngineRecord(join(enginesFolder, name)) })))
  const mine = found.filter(({ record }) => record?.proven && record.key.modelSha256 === modelSha256)
  const newest = mine.sort((a, b) => (a.record!.builtAt < b.record!.builtAt ? 1 : -1))[0]
  return newest && join(newest.folder, ENGINE_FILES.wrapper)
}
