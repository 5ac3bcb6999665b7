import { expect, it, vi } from 'vitest'
import { startRepeating } from '../../src/platform/repeat.js'

it('runs again and again, never twice at once, and ends with the run in hand', async () => {
  let running = 0
  let most = 0
  let ended = 0
  const repeating = startRepeating(1, async () => {
    most = Math.max(most, running += 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
    running -= 1
    ended += 1
  })
  await vi.waitFor(() => expect(ended).toBeGreaterThan(2))
  await repeating[Symbol.asyncDispose]()
  const then = ended
  expect([most, running]).toEqual([1, 0])
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(ended).toBe(then)
})
