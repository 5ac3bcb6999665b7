import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

/** Everything that ends in a configuration file of the system: no line breaks, no control characters. */
const plain = (longest: number): z.ZodString => z.string().min(1).max(longest).regex(/^[^\p{Cc}\u2028\u2029]+$/u, 'expected no line breaks or control characters')

const boxSettings = z.strictObject({
  formatVersion: z.literal(1),
  wifi: z.strictObject({
    /** At most 32 bytes, IEEE 802.11-2020 9.4.2.2. */
    name: plain(32).refine((name) => Buffer.byteLength(name) <= 32, 'expected at most 32 bytes'),
    /** WPA passphrase: 8 to 63 printable ASCII characters. */
    passphrase: z.string().regex(/^[\x20-\x7e]{8,63}$/, 'expected 8 to 63 printable ASCII characters'),
    country: z.string().regex(/^[A-Z]{2}$/, 'expected two capital letters, as in KE'),
    channel: z.int().min(1).max(11).default(6)
  }).optional(),
  /** What a network cable leads to: the clinic's devices (and perhaps the way out too), or only the way out. */
  wired: z.enum(['clinic', 'uplink']).default('clinic'),
  timezone: z.string().regex(/^[A-Za-z]+(?:\/[A-Za-z0-9_+-]+){0,2}$/, 'expected a name such as Africa/Nairobi').default('UTC'),
  /** Battery and sun: models leave memory after a quiet time. */
  savePower: z.boolean().default(false),
  /** A Jetson's `nvpmodel` mode by its number in /etc/nvpmodel.conf; absent: left as NVIDIA set it. */
  powerMode: z.int().min(0).max(63).optional()
})

/** What the page or a site's bundle asks of the system around the service. */
export type BoxSettings = z.infer<typeof boxSettings>

export const DEFAULT_BOX_SETTINGS: BoxSettings = { formatVersion: 1, wired: 'clinic', timezone: 'UTC', savePower: false }

/** Checked settings, or every problem at once. They come from an unprivileged process and end in files that root reads. */
export function parseBoxSettings(raw: unknown): Result<BoxSettings, Problem[]> {
  const parsed = boxSettings.safeParse(raw)
  if (parsed.success) return ok(parsed.data)
  return err(parsed.error.issues.map((issue) => problem('bad-settings', issue.message, issue.path.join('.'))))
}
