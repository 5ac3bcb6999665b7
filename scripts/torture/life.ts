import { join } from 'node:path'
import { startAppliance } from './appliance.js'
import type { Clinic, Ground } from './ground.js'
import type { Fault } from './interposer.js'
import { watchChanges } from './interposer.js'
import type { Ledger } from './ledger.js'
import { ModelDisk } from './model-disk.js'
import type { Random } from './random.js'
import { fillInbox, visitClinic, watchInbox } from './traffic.js'

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

export async function live(ground: Ground, clinic: Clinic, { fault, random, visits }: LifeOptions): Promise<Life> {
  const inbox = await fillInbox(join(clinic.data, 'inbox'), random, 1)
  const disk = new ModelDisk(clinic.data)
  const watch = watchChanges(ground.library, { root: clinic.data, folder: clinic.folder, fault })
  const ledger: Ledger = []
  const appliance = await startAppliance({ app: ground.app, data: clinic.data, site: clinic.site, env: watch.env })
  const after = (output: string, wasReady: boolean): Life => ({ ledger, inbox, disk, journal: watch.journal(), changes: watch.count(), wasReady, output })
  if ('died' in appliance) return after(appliance.died, false)
  let stopped = false
  const taken = watchInbox(inbox, { ledger, now: watch.count, until: () => appliance.isGone() || stopped })
  for (let visit = 0; visit < visits && !appliance.isGone(); visit++) {
    await visitClinic({ url: appliance.url, dicomPort: appliance.dicomPort, token: clinic.token, scratch: clinic.folder, random, ledger, now: watch.count })
  }
  await Promise.race([taken, new Promise((resolve) => { setTimeout(resolve, 1500) })])
  stopped = true
  await taken
  await appliance.kill()
  return after(appliance.output(), true)
}
