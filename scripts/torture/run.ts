import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { crashChain } from './crash-chain.js'
import type { FuzzOutcome } from './fuzz/fuzz.js'
import { fuzz } from './fuzz/fuzz.js'
import type { Ground } from './ground.js'
import type { OrderProof } from './order-proof.js'
import { hasStrace, proveOrder } from './order-proof.js'
import { createRandom } from './random.js'
import type { Tally } from './replay.js'
import { emptyTally, replayFlow } from './replay.js'

export type Torture = { readonly replayed: Tally; readonly lived: Tally; readonly fuzzed: readonly FuzzOutcome[]; readonly order: OrderProof | undefined }

const FUZZ_TARGETS = ['dicom-file', 'pictures', 'serial-frames', 'documents', 'dicom-network', 'dicom-answers', 'dicom-peers', 'dicom-reports', 'stow-bodies', 'stow-answers', 'receipts', 'bundles', 'site-files', 'json', 'forms', 'multipart', 'tus']
const WORKERS = 2
const LIVES = 12

/** Of the time: a third for replayed crash points, a third for real deaths, a third for the fuzzer. */
export async function torture(ground: Ground, { minutes, seed, say }: { minutes: number; seed: number; say: (line: string) => void }): Promise<Torture> {
  const third = (minutes * 60_000) / 3
  const order = hasStrace() ? await proveOrder(ground, createRandom(seed)) : undefined
  const replayed = emptyTally()
  const lived = emptyTally()
  await inParallel(third, async (worker, round, isOver) => {
    const number = round * WORKERS + worker
    await replayFlow(ground, { random: createRandom(seed * 7919 + number), tally: replayed, visits: 2, isOver, name: `flow-${number}` })
    say(`flow ${number}: ${replayed.crashPoints} crash points replayed`)
  })
  await inParallel(third, async (worker, round, isOver) => {
    const number = round * WORKERS + worker
    await crashChain(ground, { random: createRandom(seed * 104_729 + number), tally: lived, name: `chain-${number}`, lives: LIVES, isOver })
    say(`chain ${number}: ${lived.crashPoints} deaths of the real appliance`)
  })
  return { replayed, lived, order, fuzzed: await fuzzAll(ground, { seed, forMs: (third * WORKERS) / FUZZ_TARGETS.length, say }) }
}

/** A dozen replayed points, two real deaths and the trace: what a change is tried with before it lands. */
export async function tortureSample(ground: Ground, seed: number): Promise<Torture> {
  const isOver = (): boolean => false
  const order = hasStrace() ? await proveOrder(ground, createRandom(seed)) : undefined
  const replayed = emptyTally()
  const lived = emptyTally()
  await replayFlow(ground, { random: createRandom(seed * 7919), tally: replayed, visits: 1, isOver, most: 4, name: 'flow-0' })
  await crashChain(ground, { random: createRandom(seed * 104_729), tally: lived, name: 'chain-0', lives: 2, isOver })
  return { replayed, lived, order, fuzzed: [] }
}

async function fuzzAll(ground: Ground, { seed, forMs, say }: { seed: number; forMs: number; say: (line: string) => void }): Promise<FuzzOutcome[]> {
  const scratch = join(ground.folder, 'fuzz')
  await mkdir(scratch, { recursive: true })
  const waiting = [...FUZZ_TARGETS]
  const outcomes: FuzzOutcome[] = []
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      const outcome = await fuzz(target, { seed, forMs, scratch })
      outcomes.push(outcome)
      say(`fuzz ${target}: ${outcome.inputs} inputs, ${outcome.crashes.length} crashes, ${outcome.hangs.length} hangs, ${Math.round(outcome.peakMemoryMb)} MB at most`)
    }
  }))
  return outcomes
}

/** Two workers, each round after round until the time is up. */
async function inParallel(forMs: number, work: (worker: number, round: number, isOver: () => boolean) => Promise<void>): Promise<void> {
  const until = performance.now() + forMs
  const isOver = (): boolean => performance.now() > until
  await Promise.all(Array.from({ length: WORKERS }, async (_, worker) => {
    for (let round = 0; !isOver(); round++) await work(worker, round, isOver)
  }))
}
