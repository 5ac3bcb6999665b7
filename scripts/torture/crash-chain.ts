import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAppliance } from './appliance.js'
import type { Clinic, Ground } from './ground.js'
import { foundClinic, leaveClinic } from './ground.js'
import { inspect } from './inspect.js'
import type { Fault } from './interposer.js'
import { readJournal } from './journal.js'
import type { Ledger } from './ledger.js'
import { live } from './life.js'
import type { Life } from './life.js'
import type { Random } from './random.js'
import type { Tally } from './replay.js'
import { add, compare } from './replay.js'
import { call } from './traffic.js'

export type ChainOptions = { readonly random: Random; readonly tally: Tally; readonly name: string; readonly lives: number; readonly isOver: () => boolean }

/** Changes of a start and one visit, about; a fault may also lie behind them and then the plug ends the life. */
const CHANGES_OF_A_LIFE = 420

/**
 * The real appliance, life after life on what the life before left: each ends by a fault at a change drawn by chance, and the
 * next starts on the disk as a power cut would leave it. The last one is left alone until every study is settled.
 */
export async function crashChain(ground: Ground, { random, tally, name, lives, isOver }: ChainOptions): Promise<void> {
  const clinic = await foundClinic(ground, name)
  const ledger: Ledger = []
  for (let number = 1; number <= lives && !isOver(); number++) {
    const fault = drawFault(random)
    const life = await live(ground, clinic, { fault, random, visits: 1 })
    const where = `${name} life ${number}, ${fault.mode} at change ${fault.at}`
    ledger.push(...life.ledger.map((each) => ({ ...each, at: 0 })))
    if (!life.wasReady && life.changes < fault.at) tally.verdict.illegal.push(`${where}: does not start on what was left\n${life.output}`)
    else if (!life.wasReady && fault.mode !== 'kill' && fault.mode !== 'tear') tally.refusedStarts += 1
    await cutPower({ clinic, life, tally, random })
    await inspectCopy(clinic, { ledger, tally, where, inbox: life.inbox })
    tally.crashPoints += 1
  }
  await settle(ground, clinic, { ledger, tally, where: `${name} at its end` })
  await leaveClinic(clinic)
}

/** Kills are the half of it; a full disk lasts for a while. */
function drawFault(random: Random): Fault {
  const at = 1 + random.below(CHANGES_OF_A_LIFE)
  const mode = random.pick(['kill', 'kill', 'tear', 'EIO', 'ENOSPC'] as const)
  return { at, mode, lasts: mode === 'ENOSPC' ? 1 + random.below(20) : 1 }
}

/** Puts in place of the data folder what the power cut left of it. */
async function cutPower({ clinic, life, tally, random }: { clinic: Clinic; life: Life; tally: Tally; random: Random }): Promise<void> {
  for (const operation of readJournal(life.journal)) life.disk.apply(operation)
  compare(life.disk, clinic, { tally, random })
  const left = join(clinic.folder, 'left')
  life.disk.materialise(left, random.pick(['kept', 'lost', 'lost', 'mixed'] as const), random)
  await rm(clinic.data, { recursive: true, force: true })
  await rename(left, clinic.data)
  await rm(join(clinic.folder, 'rebuilt'), { recursive: true, force: true })
}

type Look = { readonly ledger: Ledger; readonly tally: Tally; readonly where: string; readonly inbox?: readonly { fingerprint: string }[]; readonly isSettled?: boolean }

async function inspectCopy(clinic: Clinic, { ledger, tally, where, inbox, isSettled }: Look): Promise<void> {
  const copy = join(clinic.folder, 'copy')
  await cp(clinic.data, copy, { recursive: true })
  add(tally, await inspect(copy, { due: ledger, inInbox: inbox ?? [], archive: clinic.archive, isSettled }), where)
  await rm(copy, { recursive: true, force: true })
}

const SETTLED_WITHIN_TURNS = 300

/** Without faults everything must come to an end: ready, failed or waiting for a person. */
async function settle(ground: Ground, clinic: Clinic, look: Look): Promise<void> {
  const { tally, where } = look
  const appliance = await startAppliance({ app: ground.app, data: clinic.data, site: clinic.site })
  if ('died' in appliance) {
    tally.verdict.illegal.push(`${where}: does not start any more\n${appliance.died}`)
    return
  }
  let pending = -1
  for (let turn = 0; turn < SETTLED_WITHIN_TURNS && pending !== 0; turn++) {
    const status = await call({ url: appliance.url, token: clinic.token }, '/api/v1/status') as { studies: { byState: Record<string, number> } } | undefined
    pending = (status?.studies.byState['received'] ?? 0) + (status?.studies.byState['analysing'] ?? 0)
    await sleep(100)
  }
  await appliance.kill()
  if (pending !== 0) tally.verdict.illegal.push(`${where}: ${pending} studies were never read`)
  await inspectCopy(clinic, { ...look, isSettled: true })
}
