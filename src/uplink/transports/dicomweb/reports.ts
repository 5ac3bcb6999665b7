import { isUid } from '../../../dicom/uids.js'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { serviceProblem, type Endpoint } from '../http/endpoint.js'
import { listOf, valueOf } from './answers.js'
import { firstPart } from './multipart.js'

const QUESTION = { connectMs: 15_000, answerMs: 60_000, leastBytesPerSecond: 1_000 }
const MOST = 50
const MOST_BYTES = 8 * 1024 * 1024
const TAG = { sopInstance: '00080018', series: '0020000E', modality: '00080060' } as const

/** The structured reports of a study that are not known, by QIDO-RS and WADO-RS: Part 10 files. Problem `reports-unsupported`: the service can not be asked so. */
export async function reportsOf(endpoint: Endpoint, { studyInstanceUid, known }: { readonly studyInstanceUid: string; readonly known: ReadonlySet<string> }, signal: AbortSignal): Promise<Result<readonly Buffer[], Problem>> {
  const answer = await endpoint.call({ method: 'GET', path: `studies/${studyInstanceUid}/instances?Modality=SR&includefield=${TAG.modality}&limit=${MOST}`, headers: { accept: 'application/dicom+json' } }, { ...QUESTION, signal })
  if (!answer.ok) return err(answer.error.problem)
  const { status, body } = answer.value
  if (status === 204 || status === 404) return ok([])
  if (status !== 200) return err(serviceProblem(status, endpoint.address) ?? problem('reports-unsupported', `${endpoint.address} does not say which reports it has (HTTP ${status}). Enable QIDO-RS there.`))
  const files: Buffer[] = []
  for (const item of listOf(body.toString('utf8')).filter((one) => valueOf(one, TAG.modality) === 'SR')) {
    const [sop = '', series = ''] = [valueOf(item, TAG.sopInstance), valueOf(item, TAG.series)]
    if (!isUid(sop) || !isUid(series) || known.has(sop)) continue
    const got = await fetchOne(endpoint, `studies/${studyInstanceUid}/series/${series}/instances/${sop}`, signal)
    if (!got.ok) return got
    if (got.value) files.push(got.value)
  }
  return ok(files)
}

async function fetchOne(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<Result<Buffer | undefined, Problem>> {
  const headers = { accept: 'multipart/related; type="application/dicom"' }
  const answer = await endpoint.call({ method: 'GET', path, headers, mostAnswerBytes: MOST_BYTES }, { ...QUESTION, signal })
  if (!answer.ok) return err(answer.error.problem)
  return ok(answer.value.status === 200 ? firstPart(answer.value.body, answer.value.headers['content-type'] ?? '') : undefined)
}
