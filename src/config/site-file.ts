import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { fleetPart } from './parse-fleet.js'
import { updatesPart } from './parse-updates.js'
import { worklistPart } from './parse-worklist.js'
import { backupPart, diskPart, retentionPart, scrubPart } from './parse-care.js'

/** Ids of the programmes that a site can run; `test/config` compares them with the data files of `programmes/`. */
export const PROGRAMMES = ['tuberculosis', 'diabetic-retinopathy', 'lung-ultrasound'] as const

/** Languages of what leaves the house; `test/config` compares them with the catalogues of `i18n/`. */
export const LANGUAGES = ['en', 'fr', 'sw', 'hi', 'es', 'pt', 'ar'] as const

const siteFile = z.strictObject({
  name: z.string().min(1).max(64).optional(),
  language: z.enum(LANGUAGES).optional(),
  http: z.strictObject({ host: z.string().optional(), allowPlain: z.boolean().optional() }).optional(),
  devices: z.array(z.strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,32}$/, 'expected lower-case letters, digits and hyphens, at most 32'),
    kind: z.string(),
    options: z.record(z.string(), z.unknown()).default({})
  })).optional(),
  destinations: z.array(z.looseObject({ id: z.string().regex(/^[a-z0-9-]{1,32}$/, 'expected lower-case letters, digits and hyphens, at most 32'), kind: z.string() })).optional(),
  operatingPoints: z.record(z.string(), z.string()).optional(),
  nothingWritten: z.array(z.string().regex(/^[a-z0-9-]{1,32}(:[\x21-\x7e]([\x20-\x7e]{0,14}[\x21-\x7e])?)?$/, 'expected the id of a device, or id:AE-TITLE of a sender behind it')).optional(),
  programmes: z.array(z.enum(PROGRAMMES)).optional(),
  disk: diskPart.optional(), retention: retentionPart.optional(), scrub: scrubPart.optional(), backup: backupPart.optional(), fleet: fleetPart.optional(), updates: updatesPart.optional(), worklist: worklistPart.optional()
})

/** The site file as written by a technician (docs/site-file.md); every part may be left out. */
export type SiteFile = z.infer<typeof siteFile>

export function parseSiteFile(raw: unknown): Result<SiteFile, Problem[]> {
  const parsed = siteFile.safeParse(raw)
  if (parsed.success) return ok(parsed.data)
  return err(parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, pathOf(issue.path))))
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${String(step)}` : String(step)), '')
