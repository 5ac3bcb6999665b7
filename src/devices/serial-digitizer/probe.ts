import { waitMs } from '../../platform/backoff.js'
import type { Clock } from '../../platform/clock.js'
import { probeFailed, probeOk, type ProbeReport } from '../../domain/device-report.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import { deviceProblem } from '../open-problem.js'
import { FrameDecoder, encodeFrame } from './framing.js'
import { HostSession } from './host-session.js'
import type { Identity } from './messages.js'
import type { SerialDigitizerOptions } from './options.js'
import type { BytePort } from '../serial-port.js'
import { openPort } from '../serial-port.js'
import { portGone } from './problems.js'
import type { SessionEvent } from './session-types.js'
import { DEFAULT_TIMING } from './session-types.js'

/** "Test this device": who answers on the line, or what to do about it. Takes five seconds at most; fetches no scan. */
export async function probeDigitizer(options: SerialDigitizerOptions, clock: Clock): Promise<Result<Identity, Problem>> {
  let port: BytePort
  try {
    port = await openPort(options)
  } catch (error) {
    return err(deviceProblem(error))
  }
  try {
    return await askIdentity(options, clock, port)
  } catch {
    return err(portGone(options.path))
  } finally {
    await port.close().catch(() => undefined)
  }
}

/** The answer in sentences. */
export const reportOn = (answer: Result<Identity, Problem>): ProbeReport => (answer.ok ? probeOk(...describe(answer.value)) : probeFailed(answer.error))

const describe = ({ model, serial, firmware, keepsWholeScan, scansOnCommand }: Identity): string[] => [
  `${model}, serial number ${serial}, firmware ${firmware}.`,
  scansOnCommand ? 'It can be told to scan.' : 'It scans when its own button is pressed.',
  keepsWholeScan ? 'It keeps a scan until we have taken it.' : 'It keeps only the last lines of a scan: a long unplug means scanning again.'
]

function askIdentity(options: SerialDigitizerOptions, clock: Clock, port: BytePort): Promise<Result<Identity, Problem>> {
  const session = new HostSession({ ...options, windowBytes: options.windowKiB * 1024, timing: DEFAULT_TIMING, taken: new Set() })
  return new Promise((resolve, reject) => {
    const over = new AbortController()
    const settle = (answer: Result<Identity, Problem>): void => { over.abort(); resolve(answer) }
    const handle = async (event: SessionEvent): Promise<void> => {
      for (const action of session.handle(event)) {
        if (action.type === 'identified') return settle(ok(action.identity))
        if (action.type === 'close') return settle(err(action.problem))
        if (action.type === 'send') await port.write(encodeFrame(action.message, action.tag, action.payload))
      }
    }
    const listen = async (): Promise<void> => {
      const decoder = new FrameDecoder()
      while (!over.signal.aborted) {
        const { buffer, offset, length } = decoder.space()
        const frames = decoder.received(await port.read(buffer, offset, length))
        await handle({ type: 'noise', at: clock.monotonicMs(), bytes: decoder.noiseBytes })
        for (const frame of frames) await handle({ type: 'frame', at: clock.monotonicMs(), frame })
      }
    }
    const tick = async (): Promise<void> => {
      await handle({ type: 'opened', at: clock.monotonicMs() })
      while (!over.signal.aborted) {
        await waitMs(50, over.signal)
        if (!over.signal.aborted) await handle({ type: 'tick', at: clock.monotonicMs() })
      }
    }
    listen().catch(reject)
    tick().catch(reject)
  })
}
