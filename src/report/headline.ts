import type { TriageLevel } from '../domain/finding.js'
import { awaitsAge, isAgeUnknown, verdictOf } from '../domain/study.js'
import { isOneEye } from './labels.js'
import type { StudyReport } from './pdf.js'

/** What a paper says in its bar: a word on the colour of a level, one sentence, and below it what this image alone says where the bar speaks of more than it. */
export type Headline = { readonly level: TriageLevel; readonly word: string; readonly text: string; readonly alone?: string }

/** What stands on the paper: what it was given, else the verdict in force. A clear eye by itself is no result of a person, so it is never "routine". */
export function headlineOf({ headline, study, labels, say }: Pick<StudyReport, 'headline' | 'study' | 'labels' | 'say'>): Headline {
  if (headline) return headline
  const verdict = verdictOf(study)
  const level = verdict?.level ?? 'none'
  if (verdict && isOneEye(study, level)) return { level: 'none', word: labels.oneEyeWord, text: [`${labels.eyeAlone} ${labels.eyeClear}.`, ...(verdict === study.triage ? [] : [say.advice(verdict)]), labels.oneEye].join(' ') }
  if (awaitsAge(study)) return { level: 'none', word: labels.levels.none, text: labels.ageUnknown }
  if (verdict && isAgeUnknown(study)) return { level, word: labels.levels[level], text: `${say.advice(verdict)} ${labels.ageUnknown}` }
  return { level, word: labels.levels[level], text: verdict ? say.advice(verdict) : study.failure ? say.problem(study.failure) : '' }
}
