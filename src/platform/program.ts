import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import type { Readable } from 'node:stream'
import { waitMs } from './backoff.js'

export type ProgramEnd = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last of what it said on standard error: to be classified, never to be shown or logged as it is. */
  readonly stderr: string
  /** Set when it could not be started: ENOENT for a program that is not installed. */
  readonly startError?: string
}

export type RunningProgram = {
  readonly pid: number | undefined
  /** Of descriptor 1, 3, 4... as asked for in `pipes`. */
  pipe(descriptor: number): Readable
  /** Each piece of standard error as it comes. */
  onStderr(listener: (text: string) => void): void
  /** To its standard input, where it was asked for. */
  write(text: string): void
  readonly ended: Promise<ProgramEnd>
  /** SIGTERM, and SIGKILL when that was not heard; resolves when it is gone. */
  stop(): Promise<void>
}

/** Descriptors read besides standard error; what is added to the bare environment; the folder it runs in; whether it is written to. */
export type ProgramSurroundings = { readonly pipes?: readonly number[]; readonly env?: Readonly<Record<string, string>>; readonly cwd?: string; readonly stdin?: boolean }

const DEAF_AFTER_MS = 300
const PIPES_CLOSE_WITHIN_MS = 200
const STDERR_BYTES = 8 * 1024

/** A child without a shell, without standard input unless asked for, in the C locale; its standard error is read and its end kept. */
export function startProgram(program: string, args: readonly string[], { pipes = [1], env = {}, cwd, stdin = false }: ProgramSurroundings = {}): RunningProgram {
  const stdio: StdioOptions = Array.from({ length: Math.max(2, ...pipes) + 1 }, (_, descriptor) => (descriptor === 2 || (descriptor === 0 && stdin) || pipes.includes(descriptor) ? 'pipe' : 'ignore'))
  const child = spawn(program, args, { stdio, env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', HOME: '/nonexistent', ...env }, cwd })
  const ended = endOf(child)
  return {
    pid: child.pid, ended,
    pipe: (descriptor) => child.stdio[descriptor] as Readable,
    onStderr: (listener) => void child.stderr?.on('data', (chunk: Buffer) => listener(chunk.toString('utf8'))),
    write: (text) => void child.stdin?.write(text),
    async stop() {
      child.kill('SIGTERM')
      await Promise.race([ended, waitMs(DEAF_AFTER_MS)])
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    }
  }
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => { stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_BYTES) })
  for (const stream of child.stdio) stream?.on('error', () => undefined)
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ code: null, signal: null, stderr, startError: error.code ?? 'unknown' }))
    child.once('close', (code, signal) => resolve({ code, signal, stderr }))
    // A grandchild may hold the pipes open for longer than the child lives.
    child.once('exit', (code, signal) => void waitMs(PIPES_CLOSE_WITHIN_MS).then(() => resolve({ code, signal, stderr })))
  })
}

export type ProgramOutput = ProgramEnd & { readonly stdout: Buffer; readonly timedOut: boolean; readonly overflowed: boolean }

export type ProgramLimits = Pick<ProgramSurroundings, 'env' | 'cwd'> & { readonly timeoutMs: number; readonly mostBytes?: number; readonly signal?: AbortSignal }

/** Runs a program to its end; it is stopped at the time limit, at the signal, or when it says more than `mostBytes`. */
export async function runProgram(program: string, args: readonly string[], limits: ProgramLimits): Promise<ProgramOutput> {
  const running = startProgram(program, args, { env: limits.env, cwd: limits.cwd })
  const chunks: Buffer[] = []
  let bytes = 0
  let timedOut = false
  const most = limits.mostBytes ?? 1024 * 1024
  running.pipe(1).on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= most) chunks.push(chunk)
    else void running.stop()
  })
  const timer = setTimeout(() => { timedOut = true; void running.stop() }, limits.timeoutMs)
  const abort = (): void => void running.stop()
  if (limits.signal?.aborted) abort()
  limits.signal?.addEventListener('abort', abort, { once: true })
  const end = await running.ended
  clearTimeout(timer)
  limits.signal?.removeEventListener('abort', abort)
  return { ...end, stdout: Buffer.concat(chunks), timedOut, overflowed: bytes > most }
}
