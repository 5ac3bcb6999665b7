import { createHash } from 'node:crypto'
import type { EngineKey } from '../inference/engines.js'

/** What trtexec is told about precision and search; a change here is a new engine. The model says where INT8 is used (QDQ), FP16 takes the rest. */
export const ENGINE_FLAGS = ['--int8', '--fp16', '--builderOptimizationLevel=3'] as const

/** Folder name of an engine: the pack for people, and 16 digits of a hash over everything it is valid for. */
export function engineName(pack: string, key: EngineKey): string {
  const text = JSON.stringify([key.modelSha256, key.tensorrt, key.gpu, key.driver, key.flags])
  return `${pack.replace('/', '-')}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}
