import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isUid } from '../../../dicom/uids.js'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { isErrno, writeFileDurable } from '../../../platform/durable-fs.js'
import { Endpoint, endpointOptions, endpointProblems, serviceProblem, type EndpointOptions } from '../http/endpoint.js'
import type { Answer, Cargo, SendResult, SendTerms, Transport, TransportKind } from '../transport.js'
import { asTransaction, readBundle, worstStatus } from './transaction.js'

export type FhirOptions = EndpointOptions | { readonly folder: string }

const server = z.strictObject(endpointOptions)
const place = z.strictObject({ folder: z.string().regex(/^\//, 'expected an absolute path') })

function parseOptions(raw: Readonly<Record<string, unknown>>): Result<FhirOptions, Problem[]> {
  if (('url' in raw) === ('folder' in raw)) return err([problem('bad-site-file', 'expected url or folder, one of them', 'url')])
  const parsed = 'url' in raw ? server.safeParse(raw) : place.safeParse(raw)
  if (!parsed.success) return err(parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, issue.path.map(String).join('.'))))
  const problems = 'url' in parsed.data ? endpointProblems(parsed.data) : []
  return problems.length > 0 ? err(problems) : ok(parsed.data)
}

const TIMES = { connectMs: 20_000, answerMs: 60_000 }
const PROBE = { connectMs: 10_000, answerMs: 10_000, leastBytesPerSecond: 1_000 }
const JSON_TYPE = 'application/fhir+json'

type Sent = { readonly answer: Answer; readonly problem?: Problem }

async function sendAll(cargo: readonly Cargo[], terms: SendTerms, one: (object: Cargo) => Promise<Sent>): Promise<SendResult> {
  const answers = cargo.map((): Answer => ({ kind: 'untouched' }))
  for (const [index, object] of cargo.entries()) {
    const { answer, problem: why } = await one(object)
    answers[index] = answer
    terms.answered?.(index, answer)
    if (why) return { answers, problem: why }
  }
  return { answers }
}

const NO_BUNDLE: Answer = { kind: 'refused', problem: problem('not-a-bundle', 'What was to be sent is no FHIR bundle. Look whether the versions of the appliance\'s parts fit.') }

async function post(object: Cargo, endpoint: Endpoint, { leastBytesPerSecond, signal, pace }: SendTerms): Promise<Sent> {
  const bundle = readBundle(object.file)
  if (!bundle) return { answer: NO_BUNDLE }
  const body = [Buffer.from(JSON.stringify(asTransaction(bundle)))]
  const answer = await endpoint.call({ method: 'POST', path: '', headers: { 'content-type': JSON_TYPE, accept: JSON_TYPE, prefer: 'return=minimal' }, body }, { ...TIMES, leastBytesPerSecond, signal, pace })
  if (!answer.ok) return { answer: { kind: ({ none: 'untouched', part: 'cut', all: 'unanswered' } as const)[answer.error.sent] }, problem: answer.error.problem }
  const { status, body: said } = answer.value
  const down = serviceProblem(status, endpoint.address)
  if (down) return { answer: { kind: 'untouched' }, problem: down }
  return { answer: answerOf(status < 300 ? (worstStatus(said.toString('utf8')) ?? status) : status) }
}

/** What a server says may quote the patient, so that only its status is repeated. */
function answerOf(status: number): Answer {
  if (status < 300) return { kind: 'stored' }
  if (status === 406 || status === 415) return { kind: 'not-accepted', problem: problem('not-accepted', `The server takes no bundles of this kind (HTTP ${status}). It must speak FHIR R4 in JSON and take transactions.`) }
  if (status === 408 || status === 409 || status >= 500) return { kind: 'try-again', status, problem: problem('destination-busy', `The server answered HTTP ${status} and can not store now; it is tried again by itself.`) }
  const words = status === 412 ? 'It has more than one resource with our identifier: remove the doubles there, then send again.' : 'Look into its log for the reason, then send again.'
  return { kind: 'refused', status, problem: problem('refused', `The server refused the bundle with HTTP ${status}. ${words}`) }
}

async function put(object: Cargo, folder: string): Promise<Sent> {
  const bundle = readBundle(object.file)
  if (!bundle || !isUid(object.sopInstanceUid)) return { answer: NO_BUNDLE }
  try {
    await writeFileDurable(join(folder, `${object.sopInstanceUid}.json`), `${JSON.stringify(asTransaction(bundle))}\n`)
    return { answer: { kind: 'stored' } }
  } catch (error) {
    const full = isErrno(error, 'ENOSPC', 'EDQUOT')
    return { answer: { kind: 'untouched' }, problem: problem(full ? 'folder-full' : 'no-folder', `${folder} ${full ? 'is full. Make room there' : 'can not be written. Check that it is there and may be written'}; it goes on by itself.`) }
  }
}

function toFolder(folder: string): Transport {
  return {
    address: folder,
    send: (cargo, terms) => sendAll(cargo, terms, (object) => put(object, folder)),
    async probe() {
      const started = performance.now()
      const there = await stat(folder).then((found) => found.isDirectory(), () => false)
      return there ? ok({ ms: Math.round(performance.now() - started) }) : err(problem('no-folder', `There is no folder ${folder}. Make it, or plug in what it is on.`))
    }
  }
}

function toServer(given: EndpointOptions): Transport {
  const endpoint = new Endpoint(given)
  return {
    address: endpoint.address,
    send: (cargo, terms) => sendAll(cargo, terms, (object) => post(object, endpoint, terms)),
    async probe(signal) {
      const started = performance.now()
      const answer = await endpoint.call({ method: 'GET', path: 'metadata?_summary=true', headers: { accept: JSON_TYPE } }, { ...PROBE, signal })
      if (!answer.ok) return err(answer.error.problem)
      const { status } = answer.value
      return status === 200 ? ok({ ms: Math.round(performance.now() - started) })
        : err(serviceProblem(status, endpoint.address) ?? problem('probe-failed', `${endpoint.address} answered HTTP ${status} when asked what it can. Check that it is the base of a FHIR R4 server.`))
    }
  }
}

/** A medical record system by FHIR R4 (transactions that may be repeated), or a folder that another program reads. Never an archive. */
export const fhirTransport: TransportKind<FhirOptions> = {
  kind: 'fhir', archives: false, carries: 'fhir', parseOptions, open: (given) => ('folder' in given ? toFolder(given.folder) : toServer(given))
}
