import { spawn, execFile } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)
export const bin = resolve(import.meta.dirname, '../../dist/appliance/main.js')

export type RunningAppliance = {
  readonly url: string
  readonly dicom: { readonly aeTitle: string; readonly host: string; readonly port: number }
  readonly data: string
  readonly child: ChildProcess
  output(): string
  token(role: 'viewer' | 'operator' | 'clinician' | 'admin'): Promise<string>
  /** GET or POST of the JSON API with a viewer's token. */
  api<T>(path: string, init?: RequestInit): Promise<T>
  /** SIGTERM and wait; the exit status. */
  stop(): Promise<number | null>
  /** SIGKILL of the service and its children: the plug is pulled. */
  pullPlug(): Promise<void>
}

export const temporaryData = (): Promise<string> => mkdtemp(join(tmpdir(), 'screenpost-flow-'))

/** Starts the compiled appliance as users do, on free ports, and waits for its ready line. */
export async function startAppliance(options: { data?: string; env?: Record<string, string>; args?: string[]; withoutDicom?: boolean; /** A command that runs it, as `unshare --net` does. */ within?: string[] } = {}): Promise<RunningAppliance> {
  const data = options.data ?? (await temporaryData())
  const [command, ...rest] = [...(options.within ?? []), process.execPath, bin, 'serve', '--data', data, ...(options.args ?? [])]
  const child = spawn(command!, rest, {
    env: { ...process.env, SCREENPOST_HTTP_PORT: '0', SCREENPOST_HTTPS_PORT: '0', SCREENPOST_DICOM_PORT: '0', ...options.env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const [, url, aeTitle, host, port] = await waitFor(() => (options.withoutDicom ? /^ready http=(\S+) dicom=(none)()()$/m : /^ready http=(\S+) dicom=([^@\s]+)@(\S+):(\d+)$/m).exec(output) ?? undefined, {
    timeoutMs: 30_000, hint: () => `no ready line; output so far:\n${output}`, stopWhen: () => child.exitCode !== null
  })
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  const token = async (role: string): Promise<string> => (await run(process.execPath, [bin, 'token', 'create', '--role', role, '--data', data])).stdout.trim()
  let viewer: Promise<string> | undefined
  return {
    url: url!, dicom: { aeTitle: aeTitle!, host: host === '0.0.0.0' ? '127.0.0.1' : host!, port: Number(port) }, data, child, token,
    output: () => output,
    async api<T>(path: string, init: RequestInit = {}) {
      viewer ??= token('viewer')
      const answer = await fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${await viewer}`, ...init.headers } })
      if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as T
    },
    async stop() { child.kill('SIGTERM'); return exited },
    async pullPlug() { process.kill(-child.pid!, 'SIGKILL'); await exited }
  }
}

export const removeData = (appliance: Pick<RunningAppliance, 'data'>): Promise<void> => rm(appliance.data, { recursive: true, force: true })

type Wait = { readonly timeoutMs: number; readonly hint: () => string; readonly stopWhen?: () => boolean }

/** Polls until `probe` gives something, or fails with the hint. */
export async function waitFor<T>(probe: () => T | undefined | Promise<T | undefined>, wait: Wait): Promise<T> {
  const deadline = Date.now() + wait.timeoutMs
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    if (Date.now() > deadline || wait.stopWhen?.()) throw new Error(wait.hint())
    await new Promise((next) => setTimeout(next, 50))
  }
}

export type ListedStudy = { id: string; state: string; modality: string | null; triage: { level: string; text: string } | null; findings: { code: string; score: number; positive: boolean }[] }

/** Waits until `count` studies have reached a final state. */
export const settledStudies = (appliance: RunningAppliance, count: number, timeoutMs = 60_000): Promise<ListedStudy[]> =>
  waitFor(async () => {
    const { studies } = await appliance.api<{ studies: ListedStudy[] }>('/api/v1/studies?limit=200')
    const settled = studies.filter((study) => ['ready', 'failed', 'needs-input'].includes(study.state))
    return settled.length >= count ? settled : undefined
  }, { timeoutMs, hint: () => `fewer than ${count} studies settled; output:\n${appliance.output()}` })
