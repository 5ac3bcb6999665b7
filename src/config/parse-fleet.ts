import { z } from 'zod'
import { problem, type Problem } from '../domain/problem.js'

/** `fleet`: how the box's heartbeat goes; without `gateway` it rides on every destination of kind `relay`. */
export const fleetPart = z.strictObject({
  /** Address of a Prometheus Pushgateway. */
  gateway: z.url({ protocol: /^https?$/ }).optional(),
  /** As which the box is known there. */
  box: z.string().regex(/^[a-z0-9-]{1,40}$/, 'expected lower-case letters, digits and hyphens, at most 40').optional(),
  everyMinutes: z.number().min(1).max(24 * 60).default(5)
})

/** What no single option shows. */
export function fleetProblems(fleet: z.infer<typeof fleetPart> | undefined, destinations: readonly { readonly kind: string }[]): Problem[] {
  if (!fleet) return []
  if ((fleet.gateway === undefined) !== (fleet.box === undefined)) return [problem('bad-site-file', 'expected gateway and box together; a relay knows the box by its token', 'fleet')]
  if (fleet.gateway !== undefined || destinations.some(({ kind }) => kind === 'relay')) return []
  return [problem('bad-site-file', 'expected a destination of the kind relay, on which the heartbeat rides, or gateway and box of a Prometheus Pushgateway', 'fleet')]
}
