import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { waitFor } from './appliance.js'

const SOURCE = new URL('../fakes/bad-link.c', import.meta.url).pathname

/** `rate` in bytes/s each way, `latencyMs` one way, `loss` in percent of the packets of each way. */
export type PacketShape = { readonly rate: number; readonly latencyMs: number; readonly loss: number }
export type BadLink = {
  /** Network namespace at the far end. */
  readonly namespace: string
  /** Addresses over the bad link. */
  readonly near: string
  readonly far: string
  /** The far end over a good line of its own, for whoever looks after the test. */
  readonly farDirect: string
  up(): void
  down(): void
  close(): Promise<void>
}

const ip = (...args: string[]): void => { execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] }) }

/** Why no namespace with a link of packets can be made here; undefined where one can. */
export function whyNoNamespaces(): string | undefined {
  const name = `sptry${process.pid}`
  const made = spawnSync('ip', ['netns', 'add', name])
  if (made.status !== 0) return `ip netns add says: ${made.error?.message ?? made.stderr.toString().trim()}`
  const tun = spawnSync('ip', ['-n', name, 'tuntap', 'add', 'sptun', 'mode', 'tun'])
  spawnSync('ip', ['netns', 'del', name])
  if (tun.status !== 0) return `a tun interface: ${tun.stderr.toString().trim()}`
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'no gcc; scripts/test-peers.sh brings it'
}

/** A suite over real packets; skipped by a name that says what the kernel does not allow. */
export function describeWithNamespaces(name: string, body: () => void): void {
  const why = whyNoNamespaces()
  if (why === undefined) describe(name, body)
  else describe.skip(`${name} (needs root, network namespaces and /dev/net/tun: ${why}; the proxy of test/fakes/shaped-link.ts stands in)`, body)
}

/** A namespace behind a link that is as bad as told: every packet passes `bad-link.c`, so TCP meets real loss, delay and silence. */
export async function startBadLink({ rate, latencyMs, loss }: PacketShape): Promise<BadLink> {
  const folder = await mkdtemp(join(tmpdir(), 'bad-link-'))
  const program = join(folder, 'bad-link')
  execFileSync('gcc', ['-O2', '-o', program, SOURCE])
  const id = process.pid % 50_000
  const [namespace, a, b, direct, directFar] = [`sp${id}`, `spa${id}`, `spb${id}`, `spc${id}`, `spd${id}`]
  const [near, far, nearDirect, farDirect] = [`10.213.${id % 250}.1`, `10.213.${id % 250}.2`, `10.214.${id % 250}.1`, `10.214.${id % 250}.2`]
  ip('netns', 'add', namespace)
  const child = spawn(program, [a, b, String(rate), String(latencyMs), String(loss)], { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  await waitFor(() => output.includes('ready') || undefined, { timeoutMs: 5_000, hint: () => output, stopWhen: () => child.exitCode !== null })
  ip('link', 'set', b, 'netns', namespace)
  ip('link', 'add', direct, 'type', 'veth', 'peer', 'name', directFar, 'netns', namespace)
  for (const [name, address] of [[a, near], [direct, nearDirect]] as const) {
    ip('addr', 'add', `${address}/30`, 'dev', name)
    ip('link', 'set', name, 'up')
  }
  for (const [name, address] of [[b, far], [directFar, farDirect]] as const) {
    ip('-n', namespace, 'addr', 'add', `${address}/30`, 'dev', name)
    ip('-n', namespace, 'link', 'set', name, 'up')
  }
  ip('-n', namespace, 'link', 'set', 'lo', 'up')
  return {
    namespace, near, far, farDirect,
    up: () => { child.stdin.write('u') },
    down: () => { child.stdin.write('d') },
    async close() {
      child.stdin.end()
      await new Promise<void>((resolve) => { if (child.exitCode === null) child.once('exit', () => resolve()); else resolve() })
      ip('netns', 'del', namespace)
      await rm(folder, { recursive: true, force: true })
    }
  }
}
