import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Runs a program to its end. @throws when it exits with another status than 0 */
export const run = promisify(execFile)

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** Asks again until there is an answer. @throws Error naming `what` after `timeoutMs` */
export async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(15)
  }
  throw new Error(`Waited ${timeoutMs / 1000} s in vain: ${what}.`)
}

/** True once somebody listens on the port of this machine. */
export const listening = (port: number): Promise<true | undefined> => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => { socket.destroy(); resolve(true) })
  socket.once('error', () => resolve(undefined))
})

export function start(command: string, args: readonly string[], env: Record<string, string> = {}): { child: ChildProcess; output: () => string } {
  const child = spawn(command, [...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output = (output + chunk.toString()).slice(-100_000) })
  child.on('error', (error) => { output += String(error) })
  return { child, output: () => output }
}

/** SIGTERM, and SIGKILL after ten seconds; resolves when the process is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => { child.once('exit', () => resolve()) })
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(kill)
}

function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number)
    return [pid, ...children.flatMap(descendants)]
  } catch {
    return []
  }
}

function residentMb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const TICK_MS = 10

/** Processor time that a process and all living below it have used: tells what work costs on a machine that others use too. */
export const processorMs = (pid: number): number => descendants(pid).reduce((sum, each) => {
  try {
    const fields = readFileSync(`/proc/${each}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return sum
  }
}, 0)

/** Samples the resident memory of a process and all below it ten times a second; shared pages count once for each. */
export function watchMemory(pid: number): { stop(): { peakMb: number; ownPeakMb: number } } {
  let peakMb = 0
  let ownPeakMb = 0
  const timer = setInterval(() => {
    const each = descendants(pid).map(residentMb)
    peakMb = Math.max(peakMb, each.reduce((sum, value) => sum + value, 0))
    ownPeakMb = Math.max(ownPeakMb, each[0] ?? 0)
  }, 100)
  return { stop: () => { clearInterval(timer); return { peakMb, ownPeakMb } } }
}
