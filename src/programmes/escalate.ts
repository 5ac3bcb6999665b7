import type { Triage } from '../domain/finding.js'
import type { Answers } from '../domain/programme-answers.js'
import { byUrgencyOfLevel, mostUrgent } from '../domain/programme-answers.js'
import type { Condition, Programme } from './programme.js'

/** Whether the condition is true of the answers; what was not answered is never true. */
export function holds(when: Condition, answers: Answers): boolean {
  if ('any' in when) return when.any.some((part) => holds(part, answers))
  if ('all' in when) return when.all.every((part) => holds(part, answers))
  const value = answers[when.field]
  if ('is' in when) return typeof value === 'string' && when.is.includes(value)
  if (typeof value !== 'number') return false
  return 'atLeast' in when ? value >= when.atLeast : value < when.below
}

/** The advice of every rule that applies, the most urgent first, in the order of the data within a level. */
export function escalationsOf(programme: Programme, answers: Answers): Triage[] {
  return programme.rules.filter((rule) => holds(rule.when, answers))
    .map(({ level, text, source, code }): Triage => ({ level, text, source, code })).toSorted(byUrgencyOfLevel)
}

/** The advice in force: the image's, or what the answers ask for where that is more urgent. Never less urgent than the image's. */
export function escalate(programme: Programme, answers: Answers, triage: Triage): Triage {
  return escalationsOf(programme, answers).reduce(mostUrgent, triage)
}
