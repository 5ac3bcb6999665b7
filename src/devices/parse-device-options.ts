import type { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

/** The options by their schema, or every problem with its path inside the options. */
export function parseDeviceOptions<Schema extends z.ZodType>(schema: Schema, raw: unknown): Result<z.output<Schema>, Problem[]> {
  const parsed = schema.safeParse(raw ?? {})
  if (parsed.success) return ok(parsed.data)
  return err(parsed.error.issues.flatMap((issue) => issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => problem('bad-option', 'unknown option; remove it or correct its spelling', [...issue.path, key].join('.')))
    : [problem('bad-option', issue.message, issue.path.join('.') || undefined)]))
}
