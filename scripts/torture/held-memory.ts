import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ANSWER_FILE } from './live-memory.js'

const LONGEST_MS = 30_000
const answerOf = (folder: string): string => join(folder, 'live-memory.json')

/** The environment of a service whose memory `heldMb` may ask for; the answers lie in `folder`. */
export const measurable = (folder: string): Record<string, string> =>
  ({ [ANSWER_FILE]: answerOf(folder), NODE_OPTIONS: `--import ${new URL('./live-memory.js', import.meta.url).href}` })

/**
 * What the service holds on to, in MB: its heap and what hangs on it, after everything was collected that nobody uses. Unlike resident
 * memory it does not depend on when the collector last came.
 * @throws Error when the service does not answer
 */
export async function heldMb(pid: number, folder: string): Promise<number> {
  const file = answerOf(folder)
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  for (const until = performance.now() + LONGEST_MS; performance.now() < until; await sleep(20)) {
    if (existsSync(file)) return Math.round((JSON.parse(readFileSync(file, 'utf8')) as { bytes: number }).bytes / 1024 / 1024)
  }
  throw new Error(`The service did not say what memory it holds in ${LONGEST_MS / 1000} s. Build (npm run build) and run this again.`)
}
