import type { JudgedFinding } from '../evaluate/evaluation.js'
import { checkTruths, saidOf, truthOf } from '../evaluate/truth.js'
import { UsageError } from './host.js'

/**
 * The findings of a pack with their truth as `--truth` has it.
 * @throws UsageError where a spec is malformed or of a finding that the pack does not have
 */
export function judgedFindings(codes: readonly string[], specs: readonly string[]): JudgedFinding[] {
  const problem = checkTruths(specs, codes)
  if (problem) throw new UsageError(`${problem.path}: ${problem.message}`)
  return codes.map((code) => ({ code, truth: truthOf(code, specs), said: saidOf(code, specs) }))
}
