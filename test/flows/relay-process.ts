import { spawn } from 'node:child_process'
import { bin, run, waitFor } from './appliance.js'

export type RelayProcess = { readonly port: number; readonly dicomPort: number | undefined; output(): string; stop(): Promise<void>; pullPlug(): Promise<void> }

/** The compiled relay as the centre starts it; `port` 0 takes a free one. */
export async function startRelayProcess(data: string, options: { readonly port?: number; readonly args: readonly string[]; /** In a network namespace, where it listens at that address. */ readonly at?: { readonly namespace: string; readonly host: string } }): Promise<RelayProcess> {
  const wrapped = options.at ? ['ip', 'netns', 'exec', options.at.namespace] : []
  const [program = '', ...args] = [...wrapped, process.execPath, bin, 'receive', '--data', data, '--host', options.at?.host ?? '127.0.0.1', '--port', String(options.port ?? 0), ...options.args]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = await waitFor(() => /^ready relay=http:\/\/[\d.]+:(\d+) pacs=\S+(?: dicom=\S+:(\d+))?$/m.exec(output) ?? undefined, { timeoutMs: 20_000, hint: () => output, stopWhen: () => child.exitCode !== null })
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => { child.kill(signal); await exited }
  return { port: Number(ready[1]), dicomPort: ready[2] === undefined ? undefined : Number(ready[2]), output: () => output, stop: end('SIGTERM'), pullPlug: end('SIGKILL') }
}

export const addClinic = async (data: string, name: string): Promise<string> => (await run(process.execPath, [bin, 'receive', '--data', data, '--add-clinic', name])).stdout.trim()
