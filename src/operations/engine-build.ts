import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'

export type EngineBuild = {
  readonly trtexec: string
  readonly model: string
  /** Where the engine is written; a file beside the one that will serve. */
  readonly engine: string
  /** Kept between builds and packs: what was measured once is not measured again, also after a power cut. */
  readonly timingCache: string
  readonly flags: readonly string[]
  /** Scratch memory of the search on the GPU, MiB. On a Jetson it is the same memory as everything else's. */
  readonly workspaceMb: number
  /** Resident memory of the child above which it is ended, MiB. */
  readonly memoryLimitMb: number
  readonly timeoutMs: number
}

const WATCH_EVERY_MS = 500
const NICENESS = 10
const LAST_LINES = 5

/**
 * Runs trtexec in a process of its own, after everything else. The problem says why there is no engine: `engine-memory`,
 * `engine-timeout`, `engine-failed` with the last lines that it printed; undefined when the engine was written.
 */
export async function buildEngine(build: EngineBuild): Promise<Problem | undefined> {
  const child = spawn('nice', ['-n', String(NICENESS), build.trtexec, ...trtexecArguments(build)], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let printed = ''
  const keep = (chunk: Buffer): void => { printed = (printed + chunk.toString('utf8')).slice(-4096) }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let reason: 'memory' | 'timeout' | undefined
  const end = (why: 'memory' | 'timeout'): void => { reason = why; killGroup(child.pid) }
  const watch = setInterval(() => void residentMb(child.pid).then((mb) => { if (mb > build.memoryLimitMb) end('memory') }), WATCH_EVERY_MS)
  const limit = setTimeout(() => end('timeout'), build.timeoutMs)
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); child.once('error', () => resolve(null)) })
  clearInterval(watch)
  clearTimeout(limit)
  if (reason === 'memory') return problem('engine-memory', `trtexec needed more than ${build.memoryLimitMb} MB and was ended. Raise --memory-limit, or close what else runs.`)
  if (reason === 'timeout') return problem('engine-timeout', `trtexec was not done after ${Math.round(build.timeoutMs / 60_000)} minutes and was ended. Start again: what it measured is kept.`)
  return code === 0 ? undefined : problem('engine-failed', `trtexec made no engine: ${lastLines(printed)}`)
}

/** trtexec of TensorRT 8.6 and 10. `--skipInference` ends it once the engine is saved. */
const trtexecArguments = ({ model, engine, timingCache, flags, workspaceMb }: EngineBuild): string[] =>
  [`--onnx=${model}`, `--saveEngine=${engine}`, `--timingCacheFile=${timingCache}`, `--memPoolSize=workspace:${workspaceMb}`, '--skipInference', ...flags]

/** trtexec and whatever it started. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

const lastLines = (printed: string): string => printed.trim().split('\n').slice(-LAST_LINES).join(' / ') || 'it could not be started. Check its path with --trtexec.'

/** proc(5), VmRSS; 0 once the process is gone. */
async function residentMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
}
