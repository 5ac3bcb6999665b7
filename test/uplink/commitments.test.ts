import { expect, it } from 'vitest'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
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

it('tells the way there what is proven once that is written down, and nothing of what is only listed', async () => {
  const said: string[] = []
  const parts = {
    destination: { id: 'centre' }, clock: { now: () => new Date(0) }, board: { studyOf: () => '20260304-7Q2MNB4X', put: () => undefined }, log: { committed: () => undefined },
    store: { change: () => Promise.resolve(said.push('written')) }, transport: { noted: (uids: readonly string[]) => Promise.resolve(said.push(...uids)) }
  } as unknown as CommitmentParts
  const commitments = new Commitments(parts)
  await commitments.take({ committed: ['2.25.1'], missing: ['2.25.2'], proof: 'retrieved' })
  await commitments.take({ committed: ['2.25.3'], missing: [], proof: 'listed' })
  expect(said).toEqual(['written', '2.25.1', 'written'])
})

it('asks ever more rarely for what the archive lists and does not give back, and says so until it does', async () => {
  const stop = new AbortController()
  const asks: number[] = []
  const problems: (string | undefined)[] = []
  const uid = '2.25.1'
  let tick = 0
  const parts = {
    destination: { id: 'centre' }, link: { isUp: true }, signal: stop.signal, pace: { gatherMs: 1, askAgainMs: 10, unsupportedMs: 1 },
    clock: { now: () => new Date(0), monotonicMs: () => (tick += 1) }, board: { awaiting: () => [{ sopInstanceUid: uid }], studyOf: () => undefined },
    log: { committed: () => undefined, failed: () => undefined },
    transport: {
      confirm: () => {
        problems.push(commitments.problem?.code)
        if (asks.push(tick) === 6) stop.abort()
        const isMended = asks.length === 6
        return Promise.resolve(ok({ committed: isMended ? [uid] : [], missing: [], proof: 'retrieved', ...(isMended ? {} : { withheld: { sopInstanceUids: [uid], problem: problem('not-given-back', 'Not now.') } }) }))
      }
    }
  } as unknown as CommitmentParts
  const commitments: Commitments = new Commitments(parts)
  await commitments.run()
  expect(asks.slice(1).map((at, index) => at - asks[index]!)).toEqual([10, 10, 20, 40, 80])
  expect(problems).toEqual([undefined, undefined, undefined, 'not-given-back', 'not-given-back', 'not-given-back'])
  expect(commitments.problem).toBeUndefined()
})

it('asks at once for what it had left in peace when a person presses "Send now"', async () => {
  const stop = new AbortController()
  const asks: number[] = []
  const uid = '2.25.1'
  let [tick, pressed] = [0, 0]
  const parts = {
    destination: { id: 'centre' }, link: { isUp: true }, signal: stop.signal, pace: { gatherMs: 1, askAgainMs: 10, unsupportedMs: 1 },
    clock: { now: () => new Date(0), monotonicMs: () => (tick += 1) }, log: { committed: () => undefined, failed: () => undefined },
    board: {
      awaiting: () => {
        if (asks.length === 5 && pressed === 0) { commitments.hurry(); pressed = tick }
        return [{ sopInstanceUid: uid }]
      },
      studyOf: () => undefined
    },
    transport: {
      confirm: () => {
        if (asks.push(tick) === 6) stop.abort()
        return Promise.resolve(ok({ committed: [], missing: [], proof: 'retrieved', withheld: { sopInstanceUids: [uid], problem: problem('not-given-back', 'Not now.') } }))
      }
    }
  } as unknown as CommitmentParts
  const commitments: Commitments = new Commitments(parts)
  await commitments.run()
  expect(asks[5]).toBe(pressed)
})
