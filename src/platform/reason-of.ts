import { DamagedError, NotFoundError, RevisionConflictError, StoreFullError } from '../domain/errors.js'

/** Their messages are whole sentences of ours: at most an id or a path inside the data folder. */
const SAID_BY_US = [DamagedError, NotFoundError, RevisionConflictError, StoreFullError]

/**
 * An error for the log: class, code, system call and the line of our code that it came from. Never its message, which may hold a file name or what
 * a person typed, but for the errors of `domain/errors.ts`.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const name = error.name === 'Error' ? error.constructor.name : error.name
  if (SAID_BY_US.some((known) => error instanceof known)) return `${name}: ${error.message}`
  const { code, syscall } = error as NodeJS.ErrnoException
  return [name, code, syscall, placeOf(error)].filter((part) => typeof part === 'string' && part !== '').join(' ')
}

/** The message stands in the stack too. */
const placeOf = ({ message, stack = '' }: Error): string | undefined => stack.replace(message, () => '').split('\n').find((line) => /^\s+at /.test(line))?.trim()
