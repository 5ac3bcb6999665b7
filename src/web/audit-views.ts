import { PATIENT_ID_PATTERN, STUDY_ID_PATTERN } from '../domain/ids.js'
import type { AuditEvent } from '../access/audit.js'
import type { Study } from '../domain/study.js'
import type { AnswerInput } from '../domain/study-changes.js'
import { problem } from '../domain/problem.js'
import type { WebDependencies } from './dependencies.js'
import { HttpError } from './http-error.js'
import type { Caller, Route } from './route.js'

const SAME_VIEW_MS = 10 * 60_000
/** Pictures, and pages that keep themselves fresh. */
const OFTEN: ReadonlySet<string> = new Set(['study.image', 'device.thumbnail', 'device.media', 'device.command', 'visits.list', 'visit.view', 'studies.unattached'])
const LONGEST_MEMORY = 5000

/** What a handler adds to the entry of its route through `ctx.state.audit`. */
export type AuditDetail = Pick<AuditEvent, 'studyId' | 'patientId' | 'detail'>
export type Audited = { readonly route: Route; readonly caller?: Caller; readonly params: Readonly<Record<string, string>>; readonly more?: AuditDetail }

/**
 * Writes the entry of a route before its answer leaves. The many pictures of one study, and pages that refresh themselves, count once in ten minutes for
 * one caller, so that the record stays readable.
 */
export function createRouteAudit(deps: WebDependencies): (what: Audited) => Promise<void> {
  const seen = new Map<string, number>()
  const isRepeated = (key: string): boolean => {
    const now = deps.clock.monotonicMs()
    const last = seen.get(key)
    if (last !== undefined && now - last < SAME_VIEW_MS) return true
    seen.delete(key)
    seen.set(key, now)
    if (seen.size > LONGEST_MEMORY) seen.delete(seen.keys().next().value as string)
    return false
  }
  return async ({ route, caller, params, more }) => {
    if (!route.audit) return
    const id = params['id'] ?? ''
    if (OFTEN.has(route.audit) && isRepeated(`${caller?.id} ${id}${route.audit === 'study.image' ? '' : route.audit}`)) return
    await recordOrRefuse(deps, {
      event: route.audit, by: caller?.id ?? 'unknown', role: caller?.role, via: caller?.via,
      ...subjectOf(id), ...more
    })
  }
}

/** Whom the `:id` of the address names: a study, a patient, or a user, token or pack of ours. */
function subjectOf(id: string): AuditDetail {
  if (STUDY_ID_PATTERN.test(id)) return { studyId: id }
  if (PATIENT_ID_PATTERN.test(id)) return { patientId: id }
  return /^[a-z0-9.-]{2,32}$/.test(id) ? { detail: id } : {}
}

/** An answered age is said of the person too. */
export const subjectOfAnswer = ({ patientId }: Pick<Study, 'patientId'>, { ageYears }: AnswerInput): AuditDetail => (ageYears === undefined || patientId === undefined ? {} : { patientId })

/** @throws HttpError 503 when the entry could not be written: then the answer must not leave. */
export async function recordOrRefuse(deps: WebDependencies, event: AuditEvent): Promise<void> {
  try {
    await deps.audit.record(event)
  } catch (error) {
    deps.log.error('audit-write-failed', { code: (error as NodeJS.ErrnoException).code })
    throw new HttpError(503, problem('audit-unavailable', 'The record of who sees what can not be written (is the disk full?), so nothing is shown. Tell the technician.'))
  }
}
