import type { Answers } from '../domain/programme-answers.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { Programme, ProgrammeField } from './programme.js'

type Checked = { readonly value?: string | number } | { readonly problem: Problem }

function checkNumber(field: Extract<ProgrammeField, { kind: 'number' }>, text: string): Checked {
  const value = /^[+-]?\d+([.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN
  if (value >= field.minimum && value <= field.maximum) return { value }
  return { problem: problem('answer-out-of-range', `Give a number from ${field.minimum} to ${field.maximum}${field.unit ? ` ${field.unit}` : ''}, or leave it empty.`, field.name) }
}

function check(field: ProgrammeField, raw: unknown): Checked {
  const text = typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw.trim() : raw === undefined || raw === null ? '' : '?'
  if (text === '') return {}
  if (field.kind === 'number') return checkNumber(field, text)
  return field.options.includes(text) ? { value: text } : { problem: problem('answer-unknown', `Choose one of: ${field.options.join(', ')}.`, field.name) }
}

/**
 * The answers of a form, numbers as numbers, empty fields left out. Values may be text as a browser sends it
 * (a decimal comma counts) or JSON. Errors name the field in `path`; a field that the programme lacks is one.
 */
export function validateAnswers(programme: Programme, answers: Readonly<Record<string, unknown>>): Result<Answers, readonly Problem[]> {
  const names = programme.fields.map(({ name }) => name)
  const strange = Object.keys(answers).filter((name) => !names.includes(name)).map(() => problem('answer-unknown-field', 'The form has no such field. Load the page again.'))
  const checked = programme.fields.map((field) => [field.name, check(field, answers[field.name])] as const)
  const problems = [...strange, ...checked.flatMap(([, result]) => ('problem' in result ? [result.problem] : []))]
  if (problems.length > 0) return err(problems)
  return ok(Object.fromEntries(checked.flatMap(([name, result]) => ('value' in result && result.value !== undefined ? [[name, result.value]] : []))))
}
