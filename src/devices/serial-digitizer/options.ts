import { z } from 'zod'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'

export const BAUD_RATES = [9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_000_000, 2_000_000, 3_000_000, 4_000_000] as const
const FLOW_CONTROLS = ['none', 'rts-cts'] as const

const got = (input: unknown): string => (input === undefined ? 'nothing' : JSON.stringify(input) ?? typeof input)
const oneOf = (choices: readonly (string | number)[]) => (issue: { input?: unknown }): string => `expected one of ${choices.join(', ')}; got ${got(issue.input)}`
const whole = (low: number, high: number) => {
  const error = (issue: { input?: unknown }): string => `expected a whole number from ${low} to ${high}; got ${got(issue.input)}`
  return z.number({ error }).int({ error }).min(low, { error }).max(high, { error })
}

const schema = z.strictObject({
  /** A stable name: `/dev/serial/by-id/...` stays the same when the cable changes its socket, `/dev/ttyUSB0` does not. */
  path: z.string({ error: (issue) => `expected the absolute path of a serial port, best below /dev/serial/by-id; got ${got(issue.input)}` })
    .regex(/^\/[^\0]+$/, { error: (issue) => `expected the absolute path of a serial port, best below /dev/serial/by-id; got ${got(issue.input)}` }),
  baudRate: z.literal([...BAUD_RATES], { error: oneOf(BAUD_RATES) }).default(115_200),
  flowControl: z.enum(FLOW_CONTROLS, { error: oneOf(FLOW_CONTROLS) }).default('none'),
  /** Lines that may be under way unacknowledged, in KiB. */
  windowKiB: whole(4, 4096).default(128),
  /** A scan longer than this is taken for one that never ends. */
  maxLines: whole(16, 65_535).default(30_000),
  /** No new line for so long is reported as a stalled scan. */
  stallSeconds: whole(1, 3600).default(60)
})

export type SerialDigitizerOptions = z.output<typeof schema>

/** Every problem at once, each with its path inside `options`. */
export function parseSerialDigitizerOptions(raw: unknown): Result<SerialDigitizerOptions, Problem[]> {
  const parsed = schema.safeParse(raw ?? {})
  return parsed.success ? ok(parsed.data) : err(parsed.error.issues.flatMap(problemsOf))
}

const problemsOf = (issue: z.core.$ZodIssue): Problem[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => problem('bad-option', `no such option; expected one of ${Object.keys(schema.shape).join(', ')}`, key))
    : [problem('bad-option', issue.message, issue.path.join('.') || undefined)]
