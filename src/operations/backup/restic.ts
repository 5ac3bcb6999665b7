import { spawn } from 'node:child_process'
import type { SshWay } from './ssh-way.js'
import { sftpOptions, sshAdvice } from './ssh-way.js'

export type Restic = { readonly repository: string; readonly password: string; readonly env: Readonly<Record<string, string | undefined>>; readonly cacheFolder?: string; /** For a repository over SFTP. */ readonly ssh?: SshWay }
export type ResticResult = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** restic is missing, or said no; the message is what it said. */
export class ResticError extends Error {
  readonly code = 'restic-failed'
}

const MOST_OUTPUT = 200_000

/** Runs Debian's restic at the lowest priority; the password goes by the environment and never by the command line. @throws ResticError when it is not installed */
export function runRestic({ repository, password, env, cacheFolder, ssh }: Restic, args: readonly string[], cwd?: string): Promise<ResticResult> {
  const cache = cacheFolder === undefined ? ['--no-cache'] : ['--cache-dir', cacheFolder]
  const child = spawn('nice', ['-n', '15', 'restic', '--repo', repository, ...cache, ...sftpOptions(repository, ssh), ...args], { cwd, env: { ...env, RESTIC_PASSWORD: password }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => { stdout = (stdout + chunk.toString()).slice(-MOST_OUTPUT) })
  child.stderr.on('data', (chunk: Buffer) => { stderr = (stderr + chunk.toString()).slice(-MOST_OUTPUT) })
  return new Promise((resolve, reject) => {
    child.once('error', () => reject(new ResticError('restic is not installed. Install it (apt-get install restic) and run this again.')))
    child.once('close', (code) => (code === 127
      ? reject(new ResticError('restic is not installed. Install it (apt-get install restic) and run this again.'))
      : resolve({ status: code ?? 1, stdout, stderr })))
  })
}

/** As `runRestic`. @throws ResticError with restic's own words unless the status is one of `good` */
export async function resticOrThrow(restic: Restic, args: readonly string[], options: { readonly cwd?: string; readonly good?: readonly number[] } = {}): Promise<ResticResult> {
  const result = await runRestic(restic, args, options.cwd)
  if ((options.good ?? [0]).includes(result.status)) return result
  throw new ResticError(await sshAdvice(result.stderr, restic.repository, restic.ssh) ?? `restic ${args[0] ?? ''}: ${lastLines(result.stderr) || `ended with ${result.status}`}`)
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' ').slice(0, 500)
