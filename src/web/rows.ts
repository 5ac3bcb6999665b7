import type { StudySummary } from '../domain/study.js'
import type { WebDependencies } from './dependencies.js'
import { eyesOfLines } from './eyes-of-lines.js'
import type { Caller } from './route.js'
import type { StudyRow } from './views/row.js'

/** Makes lines of a list: whose each is, and what both eyes of that person say. */
export function rowsOf(deps: Pick<WebDependencies, 'store' | 'patients'>, caller: Caller | undefined): (summary: StudySummary) => StudyRow {
  const eyesOf = eyesOfLines(deps, caller)
  return (summary) => {
    const patient = summary.patientId === undefined ? undefined : deps.patients.find(summary.patientId)
    const eyes = eyesOf(summary)
    return { summary, ...(patient ? { patient } : {}), ...(eyes ? { eyes } : {}) }
  }
}
