import { expect, it } from 'vitest'
import { livenessOf } from '../../src/compose/liveness.js'
import { fixedClock } from '../fakes/fixed-clock.js'

const house = () => {
  const state = { runner: true, reader: true, disk: true }
  const clock = fixedClock()
  const liveness = livenessOf({ runner: { isAlive: () => state.runner }, reader: { status: () => ({ alive: state.reader }) }, diskAnswers: () => Promise.resolve(state.disk), clock })
  return { state, clock, ...liveness }
}
const minutes = (n: number): number => n * 60_000

it.each(['runner', 'disk'] as const)('is dead at once without the %s', async (part) => {
  const { state, isAlive, isHealthy } = house()
  expect([await isAlive(), await isHealthy()]).toEqual([true, true])
  state[part] = false
  expect([await isAlive(), await isHealthy()]).toEqual([false, false])
})

it('is not healthy without inference, and dead when that has been away for half an hour', async () => {
  const { state, clock, isAlive, isHealthy } = house()
  clock.advance(minutes(60))
  expect(await isAlive()).toBe(true)
  state.reader = false
  clock.advance(minutes(29))
  expect([await isAlive(), await isHealthy()]).toEqual([true, false])
  clock.advance(minutes(1))
  expect(await isAlive()).toBe(false)
  state.reader = true
  expect(await isAlive()).toBe(true)
  state.reader = false
  clock.advance(minutes(20))
  expect(await isAlive()).toBe(true)
})
