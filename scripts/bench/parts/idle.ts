import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAppliance, whileRunning } from '../appliance.js'
import type { Figure } from '../figures.js'
import { processorMs } from '../processes.js'

/** Golden cases, the first look at the devices and the first lines of the log are over by then. */
const SETTLED_MS = 30_000
const WATCHED_MS = 60_000

/** Processor time of the service and of all processes below it (the reader among them) while nothing arrives, as a share of one core. */
export async function benchIdle(scratch: string): Promise<Figure[]> {
  const data = await mkdtemp(join(scratch, 'idle-'))
  try {
    const appliance = await startAppliance(data)
    const share = await whileRunning(appliance, () => idleShare(appliance.child.pid ?? 0))
    return [{ part: 'idle', name: 'processor time of service and reader, share of one core', value: share * 100, unit: '%', note: `over ${WATCHED_MS / 1000} s` }]
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

async function idleShare(pid: number): Promise<number> {
  await sleep(SETTLED_MS)
  const [before, begun] = [processorMs(pid), performance.now()]
  await sleep(WATCHED_MS)
  return (processorMs(pid) - before) / (performance.now() - begun)
}
