import { z } from 'zod'

/** `fleet`: where the box's heartbeat goes. */
export const fleetPart = z.strictObject({
  /** Address of a Prometheus Pushgateway. */
  gateway: z.url({ protocol: /^https?$/ }),
  /** As which the box is known there. */
  box: z.string().regex(/^[a-z0-9-]{1,40}$/, 'expected lower-case letters, digits and hyphens, at most 40'),
  everyMinutes: z.number().min(1).max(24 * 60).default(5)
})
