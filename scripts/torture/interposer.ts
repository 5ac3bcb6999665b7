import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageRoot } from '../../src/cli/host.js'

export const NO_COMPILER = 'There is no C compiler (cc) here, and the fault injection is written in C. Install one (Debian: apt install gcc libc6-dev), then run this again.'

/** What happens at the `at`-th change: 0 is never. EIO and ENOSPC last for `lasts` changes. */
export type Fault = { readonly at: number; readonly mode: 'kill' | 'tear' | 'EIO' | 'ENOSPC'; readonly lasts?: number }

/** Whether a program of this name can be run. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Compiles the interposer into `folder` and returns the library's path. @throws Error in clear words without a compiler */
export function buildInterposer(folder: string, source = join(packageRoot, 'scripts/torture/interposer.c')): string {
  if (!hasProgram('cc')) throw new Error(NO_COMPILER)
  const library = join(folder, 'interposer.so')
  execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'pipe' })
  return library
}

/** `stopBetweenChanges` resolves when no change is under way and none will begin: whoever is killed then has every change of his in the journal. */
export type Watch = { readonly env: Record<string, string>; readonly journal: () => Buffer; readonly count: () => number; readonly stopBetweenChanges: () => Promise<void> }

/** Where `struct shared` of interposer.c has them. */
const [OWNER_AT, COUNT_AT, STOP_AT] = [0, 4, 8]
/** A lock held longer than this is that of a process that is gone. */
const CHANGE_MS = 2000

async function stopBetweenChanges(state: string): Promise<void> {
  const file = openSync(state, 'r+')
  writeSync(file, Buffer.from([1]), 0, 1, STOP_AT)
  closeSync(file)
  for (const until = performance.now() + CHANGE_MS; performance.now() < until && readFileSync(state).readInt32LE(OWNER_AT) !== 0;) await sleep(1)
}

/** Environment of a process whose changes below `root` are watched; journal and counter lie in `folder`. libuv's io_uring would pass by us. */
export function watchChanges(library: string, { root, folder, fault }: { root: string; folder: string; fault: Fault }): Watch {
  const journal = join(folder, 'journal')
  const state = join(folder, 'state')
  writeFileSync(journal, '')
  writeFileSync(state, Buffer.alloc(4096))
  return {
    env: {
      LD_PRELOAD: library, UV_USE_IO_URING: '0', TORTURE_ROOT: root, TORTURE_JOURNAL: journal, TORTURE_STATE: state,
      TORTURE_AT: String(fault.at), TORTURE_MODE: fault.mode, TORTURE_FOR: String(fault.lasts ?? 1)
    },
    journal: () => readFileSync(journal),
    count: () => readFileSync(state).readUInt32LE(COUNT_AT),
    stopBetweenChanges: () => stopBetweenChanges(state)
  }
}
