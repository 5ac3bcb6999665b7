import { rm } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Study } from '../../src/domain/study.js'
import { takeOf } from '../../src/domain/visit.js'
import { temporaryRoot } from '../store/studies.js'
import { House } from './house.js'

/** What one nurse does with one person: which device she reaches for, what she takes, and how many pictures. */
type Turn = { readonly person: number; readonly station: number; readonly take: 'eye-left' | 'eye-right' | 'chest-pa'; readonly pictures: number; readonly closes: boolean }

const turns = fc.array(fc.record<Turn>({
  person: fc.nat(3), station: fc.nat(1), take: fc.constantFrom('eye-left', 'eye-right', 'chest-pa'), pictures: fc.integer({ min: 1, max: 3 }), closes: fc.boolean()
}), { minLength: 1, maxLength: 4 })

type Taken = { readonly study: Study; readonly person: string; readonly visit: string; readonly take: string }

/** Lets one of all that wait go on, once nobody else is doing anything: the order is fast-check's, and real disks do not disturb it. */
class Turnstile {
  #busy = 0
  #turn = 0
  readonly #waiting: (() => void)[] = []
  constructor(private readonly order: readonly number[]) {}

  readonly between = (): Promise<void> => {
    const turn = new Promise<void>((resolve) => { this.#waiting.push(resolve) })
    return this.without(() => turn)
  }

  async begin<T>(task: () => Promise<T>): Promise<T> {
    this.#busy += 1
    return task().finally(() => this.#rest())
  }

  /** Waits for others: that is not being busy. */
  async without<T>(task: () => Promise<T>): Promise<T> {
    const waited = task()
    this.#rest()
    return waited.finally(() => { this.#busy += 1 })
  }

  #rest(): void {
    this.#busy -= 1
    setImmediate(() => {
      if (this.#busy > 0 || this.#waiting.length === 0) return
      const chosen = this.order[(this.#turn += 1) % this.order.length]! % this.#waiting.length
      this.#waiting.splice(chosen, 1)[0]!()
    })
  }
}

type Script = { readonly turns: readonly Turn[]; readonly people: readonly string[]; readonly gate: Turnstile }

/** A nurse's morning: what she took, and whose it was. */
async function work(house: House, nurse: string, { turns, people, gate }: Script): Promise<Taken[]> {
  const deliver = house.deliverer(gate.between)
  const taken: Taken[] = []
  for (const { person, station, take, pictures, closes } of turns) {
    await gate.between()
    const visit = await house.visits.start({ patientId: people[person]! }, nurse)
    await gate.between()
    const held = await house.visits.hold(visit.id, { station: `camera-${station}`, take: takeOf(take)! }, nurse)
    if (!held.ok) continue
    const press = async (): Promise<Study> => {
      await gate.between()
      return house.receive({ deviceId: `camera-${station}` }, deliver)
    }
    const studies = await gate.without(() => Promise.all(Array.from({ length: pictures }, () => gate.begin(press))))
    for (const study of studies) taken.push({ study, person: people[person]!, visit: visit.id, take })
    await gate.between()
    await (closes ? house.visits.close(visit.id, nurse) : house.visits.release(visit.id, `camera-${station}`))
  }
  return taken
}

describe('two nurses and two devices at once', () => {
  it('never put an image to another person, visit or eye, in whatever order things happen', { timeout: 180_000 }, async () => {
    let attached = 0
    const orders = fc.array(fc.nat(1000), { minLength: 50, maxLength: 100 })
    await fc.assert(fc.asyncProperty(orders, turns, turns, async (order, first, second) => {
      const root = await temporaryRoot()
      const house = await House.open(root)
      try {
        const people = [await house.register('Amina Juma'), await house.register('Baraka Otieno'), await house.register('Caro Achieng'), await house.register('Dede Were')]
        const gate = new Turnstile(order)
        const taken = await Promise.all([first, second].map((mine, index) => {
          // Each nurse has people of her own: two visits of one person at once are one visit, whose close ends both.
          const own = mine.map((turn) => ({ ...turn, person: (turn.person % 2) * 2 + index }))
          return gate.begin(() => work(house, `nurse-${index}`, { turns: own, people, gate }))
        }))
        for (const { study, person, visit, take } of taken.flat()) {
          expect(study).toMatchObject({ patientId: person, visitId: visit, take })
          expect(study.laterality).toBe(takeOf(take)!.laterality)
          attached += 1
        }
      } finally {
        await house[Symbol.asyncDispose]()
        await rm(root, { recursive: true, force: true })
      }
    }), { numRuns: 40, endOnFailure: true })
    expect(attached).toBeGreaterThan(100)
  })
})

/** Anything anybody may do, one after the other, against a model that a child could check. */
type Deed =
  | { readonly do: 'start'; readonly person: number } | { readonly do: 'hold'; readonly visit: number; readonly station: number; readonly takeOver: boolean }
  | { readonly do: 'release'; readonly visit: number; readonly station: number } | { readonly do: 'close'; readonly visit: number }
  | { readonly do: 'image'; readonly station: number } | { readonly do: 'wait'; readonly minutes: number }

const deeds = fc.array(fc.oneof(
  fc.record({ do: fc.constant('start' as const), person: fc.nat(2) }),
  fc.record({ do: fc.constant('hold' as const), visit: fc.nat(2), station: fc.nat(1), takeOver: fc.boolean() }),
  fc.record({ do: fc.constant('release' as const), visit: fc.nat(2), station: fc.nat(1) }),
  fc.record({ do: fc.constant('close' as const), visit: fc.nat(2) }),
  fc.record({ do: fc.constant('image' as const), station: fc.nat(1) }),
  fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(10, 59, 61) })
), { minLength: 10, maxLength: 40 })

class Model {
  /** Person of the visit that holds each station, and when that was last used (minutes). */
  readonly holders = new Map<number, { person: number; usedMinute: number }>()
  readonly open = new Set<number>()
  minute = 0
  holder(station: number): number | undefined {
    const holder = this.holders.get(station)
    return holder && this.minute - holder.usedMinute < 60 ? holder.person : undefined
  }
  use(station: number, person: number): void { this.holders.set(station, { person, usedMinute: this.minute }) }
  free(person: number, station?: number): void {
    for (const [each, holder] of this.holders) if (holder.person === person && (station === undefined || each === station)) this.holders.delete(each)
  }
}

async function carryOut(house: House, deed: Deed, { people, model }: { people: readonly string[]; model: Model }): Promise<void> {
  const visitOf = (person: number) => house.visits.openVisitOf(people[person]!)?.id
  if (deed.do === 'wait') {
    house.clock.advance(deed.minutes * 60_000)
    model.minute += deed.minutes
  } else if (deed.do === 'start') {
    await house.visits.start({ patientId: people[deed.person]! }, 'nurse')
    model.open.add(deed.person)
  } else if (deed.do === 'image') {
    const person = model.holder(deed.station)
    const study = await house.receive({ deviceId: `camera-${deed.station}` })
    expect(study.patientId).toBe(person === undefined ? undefined : people[person])
    if (person !== undefined) model.use(deed.station, person)
  } else if (model.open.has(deed.visit)) await withVisit(house, deed, { id: visitOf(deed.visit)!, model })
}

type DeedOfVisit = Extract<Deed, { readonly visit: number }>

async function withVisit(house: House, deed: DeedOfVisit, { id, model }: { id: string; model: Model }): Promise<void> {
  if (deed.do === 'close') {
    await house.visits.close(id, 'nurse')
    model.open.delete(deed.visit)
    return model.free(deed.visit)
  }
  const station = `camera-${deed.station}`
  if (deed.do === 'release') {
    await house.visits.release(id, station)
    return model.free(deed.visit, deed.station)
  }
  const holder = model.holder(deed.station)
  const held = await house.visits.hold(id, { station, takeOver: deed.takeOver }, 'nurse')
  expect(held.ok).toBe(holder === undefined || holder === deed.visit || deed.takeOver)
  if (held.ok) model.use(deed.station, deed.visit)
}

describe('any order of visits, devices, pauses and images', () => {
  it('attaches an image to the person whose visit holds its device, and to nobody else', { timeout: 180_000 }, async () => {
    await fc.assert(fc.asyncProperty(deeds, async (script) => {
      const root = await temporaryRoot()
      const house = await House.open(root)
      try {
        const people = [await house.register('Amina Juma'), await house.register('Baraka Otieno'), await house.register('Caro Achieng')]
        const model = new Model()
        // Forgotten visits are closed after half a day: stay below.
        for (const deed of script) if (model.minute < 600 || deed.do !== 'wait') await carryOut(house, deed, { people, model })
      } finally {
        await house[Symbol.asyncDispose]()
        await rm(root, { recursive: true, force: true })
      }
    }), { numRuns: 30, endOnFailure: true })
  })
})
