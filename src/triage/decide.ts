import type { Triage } from '../domain/finding.js'
import type { Reading } from '../domain/reading.js'
import { DEMONSTRATION, OTHER_FINDING, TRIAGE_TABLE, UNDER_AGE, UNGRADABLE, type TriageRow } from './table.js'

/** What triage looks at. */
export type Graded = Pick<Reading, 'pack' | 'modality' | 'quality' | 'findings' | 'detail' | 'demonstration'>

function applies({ when }: TriageRow, reading: Graded): boolean {
  if ('finding' in when) return reading.findings.some(({ code, positive }) => positive && code === when.finding)
  if ('nothingIn' in when) return reading.modality === when.nothingIn
  const grade = reading.detail['grade']
  return reading.modality === when.modality && typeof grade === 'number' && grade >= when.gradeFrom
}

const KNOWN: ReadonlySet<string> = new Set(TRIAGE_TABLE.flatMap(({ when }) => ('finding' in when ? [when.finding] : [])))

/**
 * Level and next step of one reading, by the triage table; the most urgent row that applies. `none` (never sorted below `soon`) for
 * what was not graded: ungradable, wrong image, no pack, a patient too young for the pack, or nothing found by one that only demonstrates.
 */
export function decide(reading: Graded): Triage {
  if (!reading.quality.gradable) return { ...UNGRADABLE }
  if (reading.quality.reasons.some(({ code }) => code === 'under-age')) return { ...UNDER_AGE }
  const row = reading.findings.length === 0 ? undefined : TRIAGE_TABLE.find((candidate) => applies(candidate, reading))
  if (row?.level !== 'soon' && row?.level !== 'urgent' && reading.findings.some(({ code, positive }) => positive && !KNOWN.has(code))) return { ...OTHER_FINDING }
  if (reading.demonstration && row?.level === 'routine') return { ...DEMONSTRATION }
  return row ? { level: row.level, text: row.text, code: row.code, source: row.source } : { ...UNGRADABLE }
}
