import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { packageRoot } from '../../src/cli/host.js'
import type { Study } from '../../src/domain/study.js'
import { start, stop, until } from './processes.js'

export type Appliance = {
  readonly child: ChildProcess
  readonly data: string
  /** Where its page is, `http://127.0.0.1:PORT`. */
  readonly url: string
  readonly dicomPort: number
  readonly aeTitle: string
  /** Spawn to the ready line. */
  readonly readyMs: number
  /** The last lines of its log, for the message of a failed part. */
  tail(): string
  stop(): Promise<void>
}

/** The compiled appliance as a child process on free ports. @throws Error with its output when it gets not ready */
export async function startAppliance(data: string): Promise<Appliance> {
  const begun = performance.now()
  const { child, output } = start(process.execPath, [join(packageRoot, 'dist/appliance/main.js'), 'serve', '--data', data], {
    SCREENPOST_HTTP_PORT: '0', SCREENPOST_HTTPS_PORT: '0', SCREENPOST_DICOM_PORT: '0'
  })
  const ready = await until('the ready line of `screenpost serve`', () => {
    if (child.exitCode !== null) throw new Error(`The appliance ended before it was ready:\n${output()}`)
    return /^ready http=(\S+) dicom=([^@\s]+)@\S+:(\d+)$/m.exec(output()) ?? undefined
  }, 180_000)
  return {
    child, data, url: ready[1] ?? '', aeTitle: ready[2] ?? '', dicomPort: Number(ready[3]), readyMs: performance.now() - begun,
    tail: () => output().split('\n').slice(-12).join('\n'), stop: () => stop(child)
  }
}

/** Stops the appliance after the work, whatever came of it; a failure carries the end of the appliance's log. */
export async function whileRunning<T>(appliance: Appliance, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nThe appliance's log ends:\n${appliance.tail()}`, { cause: error })
  } finally {
    await appliance.stop()
  }
}

/** A study as it lies on disk, and when its document was last written (Unix ms). */
export type StoredStudy = { readonly study: Study; readonly writtenAtMs: number }

const VERDICT_TIMEOUT_MS = 180_000
const SETTLED: readonly Study['state'][] = ['ready', 'failed', 'needs-input']

/** Waits until `count` studies beyond those in `known` hold a verdict, and returns them; `known` then has them too. */
export function awaitVerdicts(data: string, count: number, known: Set<string>): Promise<StoredStudy[]> {
  const found = new Map<string, StoredStudy>()
  return until(`${count} studies with a verdict`, async () => {
    for (const folder of await studyFolders(data)) {
      if (known.has(folder) || found.has(folder)) continue
      const stored = await readStudy(folder)
      if (stored && SETTLED.includes(stored.study.state)) found.set(folder, stored)
    }
    if (found.size < count) return undefined
    for (const folder of found.keys()) known.add(folder)
    return [...found.values()]
  }, VERDICT_TIMEOUT_MS)
}

async function readStudy(folder: string): Promise<StoredStudy | undefined> {
  try {
    const path = join(folder, 'study.json')
    const { data } = JSON.parse(await readFile(path, 'utf8')) as { data: Study }
    return { study: data, writtenAtMs: (await stat(path)).mtimeMs }
  } catch {
    return undefined
  }
}

async function studyFolders(data: string): Promise<string[]> {
  const root = join(data, 'studies')
  const below = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.')).map((name) => join(folder, name))
  const months = (await Promise.all((await below(root)).map(below))).flat()
  return (await Promise.all(months.map(below))).flat()
}
