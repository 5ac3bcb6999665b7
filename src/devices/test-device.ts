import { waitMs } from '../platform/backoff.js'
import { probeFailed, type ProbeReport } from '../domain/device-report.js'
import { problem } from '../domain/problem.js'
import { deviceProblem } from './open-problem.js'

const WITHIN_MS = 15_000
const TOO_LONG = problem('test-took-too-long', 'The device did not answer the test. Switch it off and on, check its cable, and test again.')

/** Runs the test of a device so that it always ends with an answer. */
export async function testDevice(test: () => Promise<ProbeReport>, withinMs = WITHIN_MS): Promise<ProbeReport> {
  const over = new AbortController()
  try {
    return await Promise.race([test(), waitMs(withinMs, over.signal).then(() => probeFailed(TOO_LONG))])
  } catch (error) {
    return probeFailed(deviceProblem(error))
  } finally {
    over.abort()
  }
}
