import type { z } from 'zod'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { HttpError, badRequest } from '../http-error.js'
import type { RouteRequest } from '../route.js'

/** The body in its shape; the first field that is not is named. */
export function parseInput<T>(schema: z.ZodType<T>, request: RouteRequest): T {
  const parsed = schema.safeParse(request.body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  throw badRequest('bad-input', `${path === '' ? 'The body' : path}: ${issue?.message ?? 'not as described'}. See /api/v1/openapi.json.`, path || undefined)
}

/** A whole number of the query between two bounds. */
export function wholeNumber(request: RouteRequest, name: string, bounds: { low: number; high: number; otherwise: number }): number {
  const text = request.query.get(name)
  if (text === null || text === '') return bounds.otherwise
  const value = Number(text)
  if (Number.isInteger(value) && value >= bounds.low && value <= bounds.high) return value
  throw badRequest('bad-query', `${name}: expected a whole number from ${bounds.low} to ${bounds.high}.`, name)
}

/** One of the listed words of the query, or undefined. */
export function oneOf<T extends string>(request: RouteRequest, name: string, words: readonly T[]): T | undefined {
  const text = request.query.get(name)
  if (text === null || text === '') return undefined
  const word = words.find((each) => each === text)
  if (word) return word
  throw badRequest('bad-query', `${name}: expected one of ${words.join(', ')}.`, name)
}

/** A rule that said no becomes 422. */
export function accepted<T>(result: Result<T, Problem>): T {
  if (result.ok) return result.value
  throw new HttpError(422, result.error)
}
