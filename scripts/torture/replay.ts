import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clinic, Ground } from './ground.js'
import { foundClinic, leaveClinic, picture } from './ground.js'
import type { Verdict } from './inspect.js'
import { emptyVerdict, inspect } from './inspect.js'
import type { Operation } from './journal.js'
import { readJournal } from './journal.js'
import { live } from './life.js'
import type { Life } from './life.js'
import type { Survival } from './model-disk.js'
import type { ModelDisk } from './model-disk.js'
import type { Random } from './random.js'

/** `worries`: the harness did not see everything. `refusedStarts`: the appliance said that it can't start on a failing disk. */
export type Tally = { crashPoints: number; refusedStarts: number; /** Images that retention gave up on the way. */ evicted: number; readonly verdict: Verdict; readonly worries: string[] }
export const emptyTally = (): Tally => ({ crashPoints: 0, refusedStarts: 0, evicted: 0, verdict: emptyVerdict(), worries: [] })

export function add(tally: Tally, verdict: Verdict, where: string): void {
  for (const key of ['lost', 'doubled', 'illegal'] as const) tally.verdict[key].push(...verdict[key].map((each) => `${where}: ${each}`))
}

export type ReplayOptions = { readonly random: Random; readonly tally: Tally; readonly visits: number; readonly isOver: () => boolean; readonly most?: number; readonly name: string }

/**
 * Records one undisturbed flow of the real appliance, then pulls the plug before every change of it (or `most` of them): the
 * disk is rebuilt from the journal and opened as at a start. Three times each: all kept, all lost that was not fsynced, a mixture.
 */
export async function replayFlow(ground: Ground, { random, tally, visits, isOver, most = Infinity, name }: ReplayOptions): Promise<void> {
  const clinic = await foundClinic(ground, name)
  const life = await live(ground, clinic, { fault: { at: 0, mode: 'kill' }, random, visits })
  if (!life.wasReady || life.ledger.length === 0) throw new Error(`The appliance did not become ready, or took nothing:\n${life.output}`)
  const steps = stepsOf(life)
  const chosen = steps.length <= most ? undefined : new Set(Array.from({ length: most }, () => random.below(steps.length)))
  for (const [index, step] of steps.entries()) {
    if (chosen?.has(index) !== false && !isOver()) await cutHere({ ground, clinic, life, random, tally, name }, index)
    for (const operation of step) life.disk.apply(operation)
  }
  compare(life.disk, clinic, { tally, random })
  tally.evicted += countEvicted(life)
  await leaveClinic(clinic)
}

/** What retention took away shows in the journal. */
const countEvicted = ({ journal }: Life): number => new Set(readJournal(journal).filter(({ kind, path }) => kind === 'unlink' && /studies\/\d{4}\/.*\/[0-9a-f]{64}\./.test(path)).map(({ path }) => path)).size

/** The operations grouped so that group i holds what change i + 1 did. */
function stepsOf({ journal, changes }: Life): Operation[][] {
  const steps: Operation[][] = Array.from({ length: changes }, () => [])
  for (const operation of readJournal(journal)) steps[Math.max(0, operation.number - 1)]?.push(operation)
  return steps
}

type Cut = { readonly ground: Ground; readonly clinic: Clinic; readonly life: Life; readonly random: Random; readonly tally: Tally; readonly name: string }

async function cutHere({ ground, clinic, life, random, tally, name }: Cut, changesDone: number): Promise<void> {
  const due = life.ledger.filter(({ at }) => at <= changesDone)
  for (const survival of ['kept', 'lost', 'mixed'] satisfies Survival[]) {
    const target = join(ground.folder, `${name}-cut`)
    life.disk.materialise(target, survival, random)
    add(tally, await inspect(target, { due, inInbox: life.inbox, archive: clinic.archive }), `${name} before change ${changesDone + 1}, ${survival}`)
    tally.crashPoints += 1
    await rm(target, { recursive: true, force: true })
  }
}

/** Whatever passed by the interposer would show as a difference between the rebuilt disk and the real one. */
export function compare(disk: ModelDisk, clinic: Clinic, { tally, random }: Pick<Cut, 'tally' | 'random'>): void {
  const target = join(clinic.folder, 'rebuilt')
  disk.materialise(target, 'kept', random)
  const real = picture(clinic.data)
  const rebuilt = new Set(picture(target))
  const differing = real.filter((line) => !rebuilt.has(line))
  if (differing.length > 0 || rebuilt.size !== real.length) tally.worries.push(`the journal does not explain the disk (${real.length} names, rebuilt ${rebuilt.size}): ${differing.slice(0, 5).join(', ')}`)
  tally.worries.push(...disk.surprises.slice(0, 5).map((each) => `not followed: ${each}`))
}
