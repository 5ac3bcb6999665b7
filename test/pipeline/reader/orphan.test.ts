import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { waitFor } from '../../flows/appliance.js'
import { builtChild } from './built-child.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-orphan-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Running and not a zombie that nobody has collected. */
const runs = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

it('ends with its parent although its main thread hangs', async () => {
  const hang = join(folder, 'hang.mjs')
  // The real child's watch, started as the child starts it, and then a main thread that never comes back.
  await writeFile(hang, `import { Worker } from 'node:worker_threads'
new Worker(${JSON.stringify(join(dirname(builtChild), 'parent-watch.js'))}, { workerData: { parent: process.ppid } })
setTimeout(() => { for (;;); }, 300)
process.send(process.pid)`)
  const parentScript = join(folder, 'parent.mjs')
  await writeFile(parentScript, `import { fork } from 'node:child_process'
fork(${JSON.stringify(hang)}).on('message', (pid) => console.log(pid))
setInterval(() => undefined, 1000)`)
  const parent = spawn(process.execPath, [parentScript], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(await new Promise<string>((resolve) => { parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())) }))
  try {
    await new Promise((resolve) => { setTimeout(resolve, 700) })
    expect(runs(pid)).toBe(true)
    parent.kill('SIGKILL')
    await waitFor(() => (runs(pid) ? undefined : true), { timeoutMs: 5000, hint: () => `process ${pid} lives on` })
  } finally {
    parent.kill('SIGKILL')
    if (runs(pid)) process.kill(pid, 'SIGKILL')
  }
}, 20_000)

it('is watched for in the real child', () => {
  expect(readFileSync(builtChild, 'utf8')).toContain('parent-watch.js')
})
