import { RevisionConflictError } from '../domain/errors.js'
import type { PatientId, StudyId } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import type { WebDependencies } from './dependencies.js'

type Deps = Pick<WebDependencies, 'store' | 'commands' | 'patients'>

/**
 * Gives a person an image that is nobody's, or theirs already, whatever else changed of it since its page was made: it may have been read. What is somebody
 * else's by now stays theirs. @throws NotFoundError, RevisionConflictError where it is somebody else's
 */
export async function attachFree(deps: Deps, { id, patientId }: { id: StudyId; patientId: PatientId }, by: string): Promise<Result<Study, Problem>> {
  const { revision, patientId: owner } = await deps.store.read(id)
  if (owner !== undefined && deps.patients.find(owner)?.id !== deps.patients.find(patientId)?.id) throw new RevisionConflictError(revision)
  try {
    return await deps.commands.attach(id, patientId, { by, expectedRevision: revision })
  } catch (error) {
    if (error instanceof RevisionConflictError) return attachFree(deps, { id, patientId }, by)
    throw error
  }
}
