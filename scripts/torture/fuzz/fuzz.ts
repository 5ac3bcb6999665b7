import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Report } from './child.js'

export type FuzzOutcome = { readonly target: string; inputs: number; peakMemoryMb: number; readonly crashes: string[]; readonly hangs: string[] }

/** An input that takes longer than this hangs. */
const HANG_MS = 10_000
/** A process loads all of the service before its first input; on a busy machine that takes longer than any input. */
const START_MS = 120_000
const MOST_FAULTS = 20

/** Feeds one target for a while, in a process of its own that is replaced when it crashes or hangs. */
export async function fuzz(target: string, { seed, forMs, scratch }: { seed: number; forMs: number; scratch: string }): Promise<FuzzOutcome> {
  const outcome: FuzzOutcome = { target, inputs: 0, peakMemoryMb: 0, crashes: [], hangs: [] }
  const until = performance.now() + forMs
  while (performance.now() < until && outcome.crashes.length + outcome.hangs.length < MOST_FAULTS) await runChild(outcome, { seed, until, scratch })
  return outcome
}

/** Ends at the time, or when the child is gone; input numbers go on where it was. */
function runChild(outcome: FuzzOutcome, { seed, until, scratch }: { seed: number; until: number; scratch: string }): Promise<void> {
  const child = fork(fileURLToPath(new URL('child.js', import.meta.url)), [outcome.target, String(seed), String(outcome.inputs)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...process.env, TMPDIR: scratch }
  })
  let heardMs = performance.now()
  let words = ''
  let started = false
  let asked = false
  child.stderr?.on('data', (chunk: Buffer) => { words = (words + chunk.toString()).slice(-2000) })
  child.on('message', (report: Report) => {
    heardMs = performance.now()
    started = true
    if ('fault' in report) { outcome.crashes.push(`${outcome.target} seed ${seed} near input ${report.fault}: ${report.reason}`); return }
    outcome.inputs = report.begun
    outcome.peakMemoryMb = Math.max(outcome.peakMemoryMb, report.memoryMb)
  })
  const timer = setInterval(() => {
    if (performance.now() - heardMs > (started ? HANG_MS : START_MS)) outcome.hangs.push(`${outcome.target} seed ${seed} after input ${outcome.inputs}`)
    else if (performance.now() < until && outcome.crashes.length < MOST_FAULTS) return
    asked = true
    child.kill('SIGKILL')
  }, 100)
  return new Promise((resolve) => child.once('exit', (code, signal) => {
    clearInterval(timer)
    if (!asked) outcome.crashes.push(`${outcome.target} seed ${seed} after input ${outcome.inputs}: the process ended (${signal ?? code}) ${words}`)
    if (!asked) outcome.inputs += 500
    resolve()
  }))
}
