import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../src/cli/host.js'

export type RunningAppliance = {
  readonly url: string
  readonly dicomPort: number
  readonly pid: number
  /** Resolves when the process is gone, whoever ended it. */
  readonly gone: Promise<void>
  isGone(): boolean
  output(): string
  /** SIGKILL to all its processes. */
  kill(): Promise<void>
}

/** An installation that shares the code but has no model packs, so that a start costs about a second. Returns its folder. */
export async function installWithoutPacks(folder: string): Promise<string> {
  const root = join(folder, 'app')
  await mkdir(join(root, 'models-int8'), { recursive: true })
  for (const part of ['src', 'appliance']) await cp(join(packageRoot, 'dist', part), join(root, 'dist', part), { recursive: true })
  for (const name of ['node_modules', 'web-static', 'package.json']) await symlink(join(packageRoot, name), join(root, name))
  return root
}

type StartOptions = { readonly app: string; readonly data: string; readonly site: string; readonly env?: Record<string, string>; readonly readyWithinMs?: number; /** Waited for before it is killed. */ readonly beforeKill?: () => Promise<void> }

/** Starts `serve` in a process group of its own. Undefined when it died before it was ready (as a fault may have it). */
export async function startAppliance({ app, data, site, env = {}, readyWithinMs = 60_000, beforeKill = () => Promise.resolve() }: StartOptions): Promise<RunningAppliance | { readonly died: string }> {
  const child = spawn(process.execPath, [join(app, 'dist/appliance/main.js'), 'serve', '--data', data, '--config', site], {
    detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SCREENPOST_HTTP_PORT: '0', SCREENPOST_HTTPS_PORT: '0', SCREENPOST_DICOM_PORT: '0', ...env }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output = (output + chunk.toString()).slice(-20_000) })
  const gone = new Promise<void>((resolve) => { child.once('exit', () => resolve()) })
  const kill = async (): Promise<void> => {
    await beforeKill()
    await end(child, gone)
  }
  const ready = await readyLine(child, () => output, readyWithinMs)
  if (!ready) {
    await kill()
    return { died: output }
  }
  return {
    url: ready.url, dicomPort: ready.dicomPort, pid: child.pid ?? 0, gone, output: () => output,
    isGone: () => child.exitCode !== null || child.signalCode !== null, kill
  }
}

async function readyLine(child: ChildProcess, output: () => string, withinMs: number): Promise<{ url: string; dicomPort: number } | undefined> {
  const until = performance.now() + withinMs
  while (performance.now() < until) {
    const found = /^ready http=(\S+) dicom=\S+?:(\d+)$/m.exec(output())
    if (found) return { url: found[1]!, dicomPort: Number(found[2]) }
    if (child.exitCode !== null || child.signalCode !== null) return undefined
    await new Promise((resolve) => { setTimeout(resolve, 10) })
  }
  return undefined
}

/** The group goes too: the reader is a child of the service. */
async function end(child: ChildProcess, gone: Promise<void>): Promise<void> {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // the group is gone already
  }
  await gone
}
