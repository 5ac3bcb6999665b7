import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { ContentKind } from '../domain/image-content.js'
import type { Study } from '../domain/study.js'
import type { Log } from '../platform/log.js'
import { restoreObject } from '../store/restore-object.js'
import { NewerFormatError } from '../store/migrations.js'
import { rebuildStudy } from '../store/rebuild-study.js'
import type { RebuildParts } from '../store/rebuild-study.js'
import type { StudyStore } from '../store/study-store.js'
import type { Fault, Finding } from './condition.js'
import type { Examined } from './examine-study.js'

/** An image that came back from an archive, in a spool file; `from` is the destination's id. */
export type Fetched = { readonly path: string; readonly sha256: string; readonly bytes: number; readonly content: ContentKind; readonly from: string }

export type RepairParts = RebuildParts & {
  readonly store: StudyStore
  readonly log: Log
  /** Asks the archives that have the image; the caller removes the file. */
  fetchBack(study: Study): Promise<Result<Fetched, Problem>>
  /** Makes the pictures for display again. */
  redraw(study: Study): Promise<Result<void, Problem>>
  discard(path: string): Promise<void>
}

/** Puts right what can be put right, one fault after the other; never throws. */
export async function repair(parts: RepairParts, id: string, { study, faults }: Examined): Promise<Finding[]> {
  const findings: Finding[] = []
  let lost = false
  for (const fault of faults) {
    // Pictures are drawn from the object: without it there is nothing to draw.
    const outcome = fault === 'pictures-missing' && lost ? 'the image itself is missing' : await attempt(parts, { id, study, fault }).catch(whyNot)
    if (outcome !== undefined && fault.startsWith('object-')) lost = true
    findings.push({ studyId: id, fault, repaired: outcome === undefined, ...(outcome === undefined ? {} : { detail: outcome }) })
    parts.log[outcome === undefined ? 'warn' : 'error']('study-fault', { studyId: id, fault, repaired: outcome === undefined, ...(outcome === undefined ? {} : { reason: outcome }) })
  }
  return findings
}

const whyNot = (error: unknown): string => (error instanceof NewerFormatError ? error.message : error instanceof Error ? error.name : 'unknown')

type Task = { readonly id: string; readonly study: Study | undefined; readonly fault: Fault }

/** Undefined when it is repaired, else why it is not. */
async function attempt(parts: RepairParts, { id, study, fault }: Task): Promise<string | undefined> {
  if (fault === 'document-unreadable') return (await rebuildStudy(parts, id)) ? undefined : 'no good image is in the folder either'
  if (!study) return 'the document can not be read'
  if (fault === 'document-previous') {
    await parts.store.change(id, { by: 'system', event: 'document-restored', quiet: true }, (now) => now)
    return undefined
  }
  if (fault === 'pictures-missing') {
    const drawn = await parts.redraw(study)
    return drawn.ok ? undefined : drawn.error.code
  }
  return restore(parts, study)
}

async function restore(parts: RepairParts, study: Study): Promise<string | undefined> {
  const fetched = await parts.fetchBack(study)
  if (!fetched.ok) return fetched.error.code
  try {
    await restoreObject(parts.store, study.id, { ...fetched.value, at: parts.now() })
    return undefined
  } finally {
    await parts.discard(fetched.value.path)
  }
}
