import { DamagedError, NotFoundError, RevisionConflictError, StoreFullError } from '../domain/errors.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'

/** An answer that is not a success; thrown by handlers, rendered in one place. */
export class HttpError extends Error {
  constructor(readonly status: number, readonly problem: Problem, readonly headers: Readonly<Record<string, string>> = {}) {
    super(problem.message)
  }
}

export const badRequest = (code: string, message: string, path?: string): HttpError => new HttpError(400, problem(code, message, path))
export const notFound = (message: string): HttpError => new HttpError(404, problem('not-found', message))

/** The answer for anything thrown; undefined for what nobody expected (500, logged). */
export function httpErrorOf(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error
  if (error instanceof NotFoundError) return notFound(error.message)
  if (error instanceof RevisionConflictError) return new HttpError(409, problem(error.code, error.message))
  if (error instanceof StoreFullError) return new HttpError(507, problem(error.code, error.message))
  if (error instanceof DamagedError) return new HttpError(500, problem(error.code, error.message))
  return undefined
}
