import { RevisionConflictError } from '../domain/errors.js'
import type { IsoTime } from '../domain/ids.js'
import type { HistoryEntry, Study } from '../domain/study.js'

/** `event` and `by` go into the history; `expectedRevision` refuses a change of something newer than was seen. */
export type ChangeOptions = { readonly by: string; readonly event: string; readonly detail?: string; readonly expectedRevision?: number; /** Nothing that a person looks at: who saw the revision before may still change the study. */ readonly quiet?: boolean }

/** The study with its new revision number and the line of its history. */
export function revised(next: Study, { by, event, detail, quiet, revision, at }: ChangeOptions & { readonly revision: number; readonly at: IsoTime }): Study {
  const entry: HistoryEntry = { at, event, by, ...(detail === undefined ? {} : { detail }) }
  const { quietSince: _ended, ...content } = next
  return { ...content, ...(quiet ? { quietSince: next.quietSince ?? next.revision } : {}), revision, history: [...next.history, entry] }
}

/** What was seen is the revision that stands, or one since which only quiet changes came. @throws RevisionConflictError */
export function requireCurrent({ revision, quietSince }: Study, seen: number | undefined): void {
  const isCurrent = seen === undefined || seen === revision || (quietSince !== undefined && seen >= quietSince && seen < revision)
  if (!isCurrent) throw new RevisionConflictError(revision)
}
