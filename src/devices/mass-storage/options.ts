import { isAbsolute } from 'node:path'
import { z } from 'zod'

export const massStorageSchema = z.strictObject({
  /** Each folder in it is a medium: a stick or card that the appliance mounted there. */
  root: z.string().refine(isAbsolute, 'expected an absolute path').default('/run/media/screenpost'),
  /** ask: a person chooses. all: whatever is new is taken as soon as the medium is there. */
  import: z.enum(['ask', 'all'], { error: (issue) => `expected one of ask, all; got ${JSON.stringify(issue.input)}` }).default('ask'),
  /** Files looked at on one medium. */
  mostFiles: z.int().min(10).max(1_000_000).default(100_000),
  /** How often it is looked whether a medium came or went. */
  pollMs: z.int().min(20).max(60_000).default(1000)
})

export type MassStorageOptions = z.output<typeof massStorageSchema>
