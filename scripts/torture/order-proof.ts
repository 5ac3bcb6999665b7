import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startAppliance } from './appliance.js'
import type { Clinic, Ground } from './ground.js'
import { foundClinic, leaveClinic } from './ground.js'
import { hasProgram } from './interposer.js'
import type { Ledger } from './ledger.js'
import type { Random } from './random.js'
import type { Step } from './system-calls.js'
import { isDurableBeforeAnswer, readTrace, storeSteps } from './system-calls.js'
import { sendFilm } from './traffic.js'

export type OrderProof = { readonly holds: boolean; readonly steps: readonly Step[] }

const CALLS = 'fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg'

export const hasStrace = (): boolean => hasProgram('strace')

/** Traces the appliance while it takes one film: everything is on the disk before the answer's bytes leave. */
export async function proveOrder(ground: Ground, random: Random): Promise<OrderProof> {
  const clinic = await foundClinic(ground, 'order')
  const appliance = await startAppliance({ app: ground.app, data: clinic.data, site: clinic.site })
  if ('died' in appliance) throw new Error(`The appliance did not start:\n${appliance.died}`)
  try {
    const trace = await traceWhile(appliance.pid, clinic, async () => {
      const ledger: Ledger = []
      await sendFilm({ url: appliance.url, dicomPort: appliance.dicomPort, token: clinic.token, scratch: clinic.folder, random, ledger, now: () => 0 })
      if (ledger.length === 0) throw new Error('The film was not acknowledged.')
    })
    const steps = storeSteps(readTrace(trace))
    return { holds: isDurableBeforeAnswer(steps), steps }
  } finally {
    await appliance.kill()
    await leaveClinic(clinic)
  }
}

async function traceWhile(pid: number, clinic: Clinic, work: () => Promise<void>): Promise<string> {
  const file = join(clinic.folder, 'trace')
  const strace = spawn('strace', ['-f', '-yy', '-s', '80', '-e', `trace=${CALLS}`, '-o', file, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise<void>((resolve, reject) => {
    strace.stderr.on('data', (chunk: Buffer) => { if (chunk.toString().includes('attached')) resolve() })
    strace.once('error', reject)
    strace.once('exit', () => reject(new Error('strace may not attach here')))
  })
  await work()
  strace.kill('SIGINT')
  await new Promise((resolve) => { strace.once('exit', resolve) })
  return readFile(file, 'utf8')
}
