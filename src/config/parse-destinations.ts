import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { DestinationConfig, HoursConfig, SendPolicy } from './config.js'
import { NAMED_ONLY, SENDABLE } from './config.js'

/** What a parser of a kind's own options is told besides them. */
export type DestinationDefaults = { readonly callingAeTitle: string }
/** The kinds of destination that can be configured, each with the parser of its own options. */
export type DestinationKinds = readonly {
  readonly kind: string
  readonly archives: boolean
  readonly carries: 'dicom' | 'fhir' | 'both'
  parseOptions(raw: Readonly<Record<string, unknown>>, defaults: DestinationDefaults): Result<unknown, Problem[]>
}[]
type Entry = { readonly id: string; readonly kind: string; readonly [part: string]: unknown }
type Kind = DestinationKinds[number]

const hours = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/, 'expected hours of the clinic as 20:00-06:00').transform(hoursOf)

/** What stands in every destination, whatever its kind. */
const shared = z.object({
  send: z.array(z.enum(SENDABLE)).min(1).optional(), commitment: z.boolean().optional(), deidentified: z.boolean().default(false),
  /** Read by `parse-config`: what retention waits for. */
  archive: z.boolean().optional(),
  onCorrection: z.enum(['ask', 'reissue']).default('ask'), recompress: z.boolean().default(true), overreads: z.boolean().default(true), priors: z.int().min(0).max(5).default(2),
  hours: z.array(hours).min(1).optional(), onlyUnmetered: z.boolean().default(false),
  bytesPerSecond: z.int().min(500).optional(), bytesPerDay: z.int().min(10_000).optional(),
  holdUnattachedHours: z.number().min(0).max(24 * 365).default(0)
})
const SHARED_KEYS: ReadonlySet<string> = new Set(['id', 'kind', ...Object.keys(shared.shape)])

/** Destinations of the uplink, or every problem at once with its path. */
export function parseDestinations(entries: readonly Entry[], kinds: DestinationKinds, defaults: DestinationDefaults): Result<DestinationConfig[], Problem[]> {
  const problems: Problem[] = []
  const destinations = entries.flatMap((entry, index) => {
    const path = `destinations[${index}]`
    if (entries.findIndex(({ id }) => id === entry.id) !== index) problems.push(problem('twice', `another destination has the id ${entry.id}; choose a different one`, `${path}.id`))
    const kind = kinds.find((one) => one.kind === entry.kind)
    if (!kind) {
      problems.push(problem('unknown-kind', `expected one of ${kinds.map((one) => one.kind).join(', ')}; got ${entry.kind}`, `${path}.kind`))
      return []
    }
    const parsed = parseOne(entry, kind, defaults)
    if (parsed.ok) return [parsed.value]
    problems.push(...parsed.error.map((each) => problem(each.code, each.message, each.path ? `${path}.${each.path}` : path)))
    return []
  })
  return problems.length > 0 ? err(problems) : ok(destinations)
}

function parseOne(entry: Entry, kind: Kind, defaults: DestinationDefaults): Result<DestinationConfig, Problem[]> {
  const common = shared.safeParse(entry)
  const options = kind.parseOptions(Object.fromEntries(Object.entries(entry).filter(([key]) => !SHARED_KEYS.has(key))), defaults)
  if (common.success && options.ok && namedKinds(common.data).length === 0) return ok(destinationOf(entry, kind, { ...common.data, options: options.value }))
  const issues = common.success ? namedKinds(common.data) : common.error.issues.map((issue) => problem('bad-site-file', issue.message, issue.path.map(String).join('.')))
  return err([...issues, ...(options.ok ? [] : options.error)])
}

function destinationOf({ id }: Entry, { kind, archives, carries }: Kind, parts: z.output<typeof shared> & { readonly options: unknown }): DestinationConfig {
  const { send = parts.deidentified ? NAMELESS : DEFAULT_SEND[carries], commitment = archives, deidentified, onCorrection, recompress, overreads, priors, options } = parts
  return { id, kind, send, commitment: commitment && archives, deidentified, onCorrection, recompress, overreads, priors, policy: policyOf(parts), options }
}

/** What can be had without a name in it: paper and pictures of pictures are made for the person's own record. */
const NAMELESS: DestinationConfig['send'] = ['images', 'sr']

const namedKinds = ({ deidentified, send }: z.output<typeof shared>): Problem[] => (deidentified && send?.some((one) => one !== 'images' && one !== 'sr')
  ? [problem('not-nameless', 'expected images and sr alone, since the destination is de-identified', 'send')] : [])

const DEFAULT_SEND: Readonly<Record<Kind['carries'], DestinationConfig['send']>> = { dicom: SENDABLE.filter((one) => one !== 'fhir' && !NAMED_ONLY.includes(one)), fhir: ['fhir'], both: SENDABLE.filter((one) => !NAMED_ONLY.includes(one)) }

const policyOf = ({ hours: open, onlyUnmetered, holdUnattachedHours, bytesPerSecond, bytesPerDay }: z.output<typeof shared>): SendPolicy => ({
  onlyUnmetered, holdUnattachedHours, ...(open ? { hours: open } : {}), ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }), ...(bytesPerDay === undefined ? {} : { bytesPerDay })
})

function hoursOf(text: string): HoursConfig {
  const [from = 0, to = 0] = text.split('-').map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)))
  return { from, to }
}
