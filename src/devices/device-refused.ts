import type { Problem } from '../domain/problem.js'

/** A device that can't be opened, with the reason in words of its own kind: the supervisor shows them as they are. */
export class DeviceRefused extends Error {
  constructor(readonly problem: Problem) { super(problem.message) }
}
