import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningAppliance } from './appliance.js'
import { startAppliance } from './appliance.js'
import type { Clinic, Ground } from './ground.js'
import type { Fault } from './interposer.js'
import { watchChanges } from './interposer.js'
import type { Ledger } from './ledger.js'
import { ModelDisk } from './model-disk.js'
import type { Random } from './random.js'
import { call, fillInbox, visitClinic, watchInbox } from './traffic.js'

/** One start of the appliance until its end by a fault, or by the plug when the flow was over. */
export type Life = {
  readonly ledger: Ledger
  readonly inbox: readonly { fingerprint: string }[]
  /** The disk as it was before the start; `journal` is what happened to it since. */
  readonly disk: ModelDisk
  readonly journal: Buffer
  /** Changes counted until the end. */
  readonly changes: number
  readonly wasReady: boolean
  readonly output: string
}

export type LifeOptions = { readonly fault: Fault; readonly random: Random; readonly visits: number }

const [ARCHIVED_WITHIN_MS, RETENTION_MS] = [5_000, 1_300]

/** Sent, committed, given up: waited for as long as that takes on an undisturbed machine. */
async function untilArchived(clinic: Clinic, appliance: RunningAppliance): Promise<void> {
  const until = performance.now() + ARCHIVED_WITHIN_MS
  while (performance.now() < until && !appliance.isGone()) {
    await sleep(100)
    const status = await call({ url: appliance.url, token: clinic.token }, '/api/v1/status').catch(() => undefined) as { uplink: { outstanding: number; destinations: { accepted: number; committed: number }[] } } | undefined
    const [pacs] = status?.uplink.destinations ?? []
    if (status?.uplink.outstanding === 0 && pacs && pacs.committed > 0 && pacs.accepted === 0) break
  }
  for (let waited = 0; waited < RETENTION_MS && !appliance.isGone(); waited += 100) await sleep(100)
}

export async function live(ground: Ground, clinic: Clinic, { fault, random, visits }: LifeOptions): Promise<Life> {
  const inbox = await fillInbox(join(clinic.data, 'inbox'), random, 1)
  const disk = new ModelDisk(clinic.data)
  const watch = watchChanges(ground.library, { root: clinic.data, folder: clinic.folder, fault })
  const ledger: Ledger = []
  const appliance = await startAppliance({ app: ground.app, data: clinic.data, site: clinic.site, env: watch.env, beforeKill: watch.stopBetweenChanges })
  const after = (output: string, wasReady: boolean): Life => ({ ledger, inbox, disk, journal: watch.journal(), changes: watch.count(), wasReady, output })
  if ('died' in appliance) return after(appliance.died, false)
  let stopped = false
  const taken = watchInbox(inbox, { ledger, now: watch.count, until: () => appliance.isGone() || stopped })
  for (let visit = 0; visit < visits && !appliance.isGone(); visit++) {
    await visitClinic({ url: appliance.url, dicomPort: appliance.dicomPort, token: clinic.token, scratch: clinic.folder, random, ledger, now: watch.count })
  }
  await untilArchived(clinic, appliance)
  await Promise.race([taken, new Promise((resolve) => { setTimeout(resolve, 1500) })])
  stopped = true
  await taken
  await appliance.kill()
  return after(appliance.output(), true)
}
