import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { DestinationConfig } from './config.js'
import { SENDABLE } from './config.js'

const aeTitle = z.string().regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'expected 1 to 16 printable ASCII characters without backslash')

const dicomDestination = z.strictObject({
  id: z.string(), kind: z.literal('dicom'), host: z.string().min(1), port: z.int().min(1).max(65535), aeTitle,
  callingAeTitle: aeTitle.optional(), send: z.array(z.enum(SENDABLE)).min(1).default([...SENDABLE]), commitment: z.boolean().default(true)
})

/** Kinds that are planned; a site file that names one is told so instead of waiting for deliveries that never come. */
const NOT_YET: readonly string[] = ['dicomweb', 'relay', 'fhir', 'folder']

/** Destinations of the uplink, or every problem at once with its path. */
export function parseDestinations(entries: readonly { readonly id: string; readonly kind: string }[], defaultCalling: string): Result<DestinationConfig[], Problem[]> {
  const problems: Problem[] = []
  const destinations = entries.flatMap((entry, index) => {
    const path = `destinations[${index}]`
    if (entries.findIndex(({ id }) => id === entry.id) !== index) problems.push(problem('twice', `another destination has the id ${entry.id}; choose a different one`, `${path}.id`))
    if (entry.kind !== 'dicom') {
      problems.push(unknownKind(entry.kind, path))
      return []
    }
    const parsed = dicomDestination.safeParse(entry)
    if (parsed.success) return [{ ...parsed.data, callingAeTitle: parsed.data.callingAeTitle ?? defaultCalling }]
    problems.push(...parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, [path, ...issue.path.map(String)].join('.'))))
    return []
  })
  return problems.length > 0 ? err(problems) : ok(destinations)
}

const unknownKind = (kind: string, path: string): Problem => (NOT_YET.includes(kind)
  ? problem('not-built', `destinations of the kind ${kind} are not built yet; use dicom`, `${path}.kind`)
  : problem('unknown-kind', `expected dicom; got ${kind}`, `${path}.kind`))
