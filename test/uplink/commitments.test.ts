import { expect, it } from 'vitest'
import { problem } from '../../src/domain/problem.js'
import { err } from '../../src/domain/result.js'
import type { CommitmentParts } from '../../src/uplink/commitments.js'
import { Commitments } from '../../src/uplink/commitments.js'

it('asks again at uneven times after a failure, so that it is never in step with a link that comes and goes', async () => {
  const stop = new AbortController()
  const asks: number[] = []
  const drawn = [0, 0.999, 0.5, 0]
  let tick = 0
  const parts = {
    destination: { id: 'centre' }, link: { isUp: true }, signal: stop.signal, pace: { gatherMs: 1, askAgainMs: 1, unsupportedMs: 1 }, random: () => drawn.shift() ?? 0,
    clock: { now: () => new Date(0), monotonicMs: () => (tick += 1) }, board: { awaiting: () => [{ sopInstanceUid: '2.25.1' }] },
    log: { commitmentProblem: () => undefined, failed: () => undefined },
    transport: {
      confirm: () => {
        if (asks.push(tick) === 5) stop.abort()
        return Promise.resolve(err(problem('unreachable', 'The line is off.')))
      }
    }
  } as unknown as CommitmentParts
  await new Commitments(parts).run()
  expect(asks.slice(1).map((at, index) => at - asks[index]!)).toEqual([5, 15, 10, 5])
})
