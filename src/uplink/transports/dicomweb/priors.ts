import { isUid } from '../../../dicom/uids.js'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { serviceProblem, type Endpoint } from '../http/endpoint.js'
import { modalityOfClass, MOST_ANSWERS, MOST_OF_A_STUDY, MOST_PRIOR_BYTES } from '../prior-classes.js'
import type { FoundPrior, PriorQuestion } from '../transport.js'
import { listOf, valueOf } from './answers.js'
import { firstPart } from './multipart.js'

const QUESTION = { connectMs: 15_000, answerMs: 60_000, leastBytesPerSecond: 1_000 }
const TAG = { sopClass: '00080016', sopInstance: '00080018', date: '00080020', patientId: '00100020', birthDate: '00100030', sex: '00100040', study: '0020000D', series: '0020000E' } as const

/** The newest earlier images of a patient, by QIDO-RS. Problem `priors-unsupported`. */
export async function listPriors(endpoint: Endpoint, { number, mayBe, known, studies, images }: PriorQuestion, signal: AbortSignal): Promise<Result<readonly FoundPrior[], Problem>> {
  const listed = await search(endpoint, `studies?PatientID=${encodeURIComponent(number)}&includefield=${TAG.birthDate}&includefield=${TAG.sex}&includefield=${TAG.date}&limit=${MOST_ANSWERS}`, signal)
  if (!listed.ok) return listed
  const fits = (one: unknown): boolean => mayBe({ patientId: value(one, TAG.patientId), patientBirthDate: value(one, TAG.birthDate), patientSex: value(one, TAG.sex) })
  const chosen = listed.value.filter(fits).sort((one, two) => (value(one, TAG.date) < value(two, TAG.date) ? 1 : -1)).map((one) => value(one, TAG.study))
    .filter((uid, index, all) => isUid(uid) && !known.has(uid) && all.indexOf(uid) === index).slice(0, studies)
  const found: FoundPrior[] = []
  for (const studyInstanceUid of chosen) {
    const objects = await search(endpoint, `studies/${studyInstanceUid}/instances?includefield=${TAG.sopClass}&limit=${MOST_ANSWERS}`, signal)
    if (!objects.ok) return objects
    found.push(...objects.value.map((one) => ({ sopClassUid: value(one, TAG.sopClass), sopInstanceUid: value(one, TAG.sopInstance), studyInstanceUid, seriesInstanceUid: value(one, TAG.series) }))
      .filter((one) => isUid(one.sopInstanceUid) && isUid(one.seriesInstanceUid) && modalityOfClass(one.sopClassUid)).slice(0, MOST_OF_A_STUDY))
  }
  return ok(found.slice(0, images).filter(({ sopInstanceUid }) => !known.has(sopInstanceUid)))
}

/** One of them by WADO-RS as it is stored: a Part 10 file. */
export async function fetchPrior(endpoint: Endpoint, { studyInstanceUid, seriesInstanceUid, sopInstanceUid }: FoundPrior, signal: AbortSignal): Promise<Result<Buffer, Problem>> {
  const headers = { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' }
  const path = `studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`
  const answer = await endpoint.call({ method: 'GET', path, headers, mostAnswerBytes: MOST_PRIOR_BYTES }, { ...QUESTION, signal })
  if (!answer.ok) return err(answer.error.problem)
  const { status, body, headers: said } = answer.value
  const file = status === 200 ? firstPart(body, said['content-type'] ?? '') : undefined
  return file ? ok(file) : err(serviceProblem(status, endpoint.address) ?? problem('get-nothing', `${endpoint.address} does not give the image back (HTTP ${status}).`))
}

async function search(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<Result<readonly unknown[], Problem>> {
  const answer = await endpoint.call({ method: 'GET', path, headers: { accept: 'application/dicom+json' } }, { ...QUESTION, signal })
  if (!answer.ok) return err(answer.error.problem)
  const { status, body } = answer.value
  if (status === 204 || status === 404) return ok([])
  return status === 200 ? ok(listOf(body.toString('utf8'))) : err(serviceProblem(status, endpoint.address) ?? problem('priors-unsupported', `${endpoint.address} does not say which studies it has (HTTP ${status}). Enable QIDO-RS there.`))
}

const value = (item: unknown, tag: string): string => valueOf(item, tag) ?? ''
