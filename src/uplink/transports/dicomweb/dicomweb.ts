import { join } from 'node:path'
import { z } from 'zod'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { Endpoint, endpointOptions, endpointProblems, serviceProblem, type EndpointOptions } from '../http/endpoint.js'
import type { Answer, Cargo, SendResult, SendTerms, Transport, TransportHost, TransportKind } from '../transport.js'
import { boundaryOf, dicomMultipart } from './multipart.js'
import { fetchPrior, listPriors } from './priors.js'
import { proofOf, SentHashes } from './proof.js'
import { reportsOf } from './reports.js'
import { answerByStatus, readStoreResponse } from './store-answer.js'

export type DicomwebOptions = EndpointOptions & { /** `list`: what is there is asked by QIDO-RS alone, which is no proof. */ readonly confirm: 'retrieve' | 'list' }

const options = z.strictObject({ ...endpointOptions, confirm: z.enum(['retrieve', 'list']).default('retrieve') })

function parseOptions(raw: Readonly<Record<string, unknown>>): Result<DicomwebOptions, Problem[]> {
  const parsed = options.safeParse(raw)
  if (!parsed.success) return err(parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, issue.path.map(String).join('.'))))
  const problems = endpointProblems(parsed.data)
  return problems.length > 0 ? err(problems) : ok(parsed.data)
}

const TIMES = { connectMs: 20_000, answerMs: 60_000 }
/** An archive asked for a study that nobody has: it must search, and answers little. */
const PROBE = { path: 'studies?StudyInstanceUID=2.25.0&limit=1', ms: 10_000 }
/** Together in one request, which spares a round trip each; a broken link costs one request. */
const TOGETHER = { objects: 16, bytes: 500_000 }

type Batch = { readonly first: number; readonly cargo: readonly Cargo[] }

function batchesOf(cargo: readonly Cargo[]): Batch[] {
  const batches: { first: number; cargo: Cargo[]; bytes: number }[] = []
  for (const [index, object] of cargo.entries()) {
    const last = batches.at(-1)
    if (last && last.cargo.length < TOGETHER.objects && last.bytes + object.file.byteLength <= TOGETHER.bytes) {
      last.cargo.push(object)
      last.bytes += object.file.byteLength
    } else batches.push({ first: index, cargo: [object], bytes: object.file.byteLength })
  }
  return batches
}

type Posted = { readonly answers: readonly Answer[]; readonly problem?: Problem }

/** STOW-RS (PS3.18 10.5) to one service. */
class StowSender {
  constructor(private readonly endpoint: Endpoint, private readonly hashes: SentHashes) {}

  async send(cargo: readonly Cargo[], terms: SendTerms): Promise<SendResult> {
    const answers = cargo.map((): Answer => ({ kind: 'untouched' }))
    for (const batch of batchesOf(cargo)) {
      const posted = await this.postOrSplit(batch.cargo, terms)
      for (const [index, answer] of posted.answers.entries()) {
        const object = batch.cargo[index]!
        if (answer.kind === 'stored' || answer.kind === 'stored-with-warning') await this.hashes.remember(object)
        answers[batch.first + index] = answer
        terms.answered?.(batch.first + index, answer)
      }
      if (posted.problem) return { answers, problem: posted.problem }
    }
    return { answers }
  }

  /** One object that the service dislikes must not have its neighbours refused with it. */
  private async postOrSplit(cargo: readonly Cargo[], terms: SendTerms): Promise<Posted> {
    const together = await this.post(cargo, terms)
    if (cargo.length === 1 || together.problem || !together.answers.every(({ kind }) => kind === 'refused' || kind === 'not-accepted')) return together
    const alone: Answer[] = []
    for (const object of cargo) {
      const posted = await this.post([object], terms)
      alone.push(...posted.answers)
      if (posted.problem) return { answers: [...alone, ...cargo.slice(alone.length).map((): Answer => ({ kind: 'untouched' }))], problem: posted.problem }
    }
    return { answers: alone }
  }

  private async post(cargo: readonly Cargo[], { leastBytesPerSecond, signal, pace }: SendTerms): Promise<Posted> {
    const boundary = boundaryOf(cargo.map(({ sopInstanceUid }) => sopInstanceUid))
    const headers = { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`, accept: 'application/dicom+json' }
    const answer = await this.endpoint.call({ method: 'POST', path: 'studies', headers, body: dicomMultipart(cargo.map(({ file }) => file), boundary) }, { ...TIMES, leastBytesPerSecond, signal, pace })
    if (!answer.ok) {
      const kind = ({ none: 'untouched', part: 'cut', all: 'unanswered' } as const)[answer.error.sent]
      return { answers: cargo.map(() => ({ kind })), problem: answer.error.problem }
    }
    const { status, body } = answer.value
    const down = serviceProblem(status, this.endpoint.address)
    if (down) return { answers: cargo.map(() => ({ kind: 'untouched' })), problem: down }
    const listed = status === 200 || status === 202 || status === 409 ? readStoreResponse(body.toString('utf8')) : undefined
    return { answers: cargo.map(({ sopInstanceUid }) => listed?.get(sopInstanceUid) ?? answerByStatus(status, listed !== undefined)) }
  }
}

function open(given: DicomwebOptions, host: TransportHost): Transport {
  const endpoint = new Endpoint(given)
  const hashes = new SentHashes(join(host.stateFolder, 'sent'))
  const sender = new StowSender(endpoint, hashes)
  const probe = async (signal: AbortSignal): Promise<Result<{ readonly ms: number }, Problem>> => {
    const started = performance.now()
    const answer = await endpoint.call({ method: 'GET', path: PROBE.path, headers: { accept: 'application/dicom+json' } }, { connectMs: PROBE.ms, answerMs: PROBE.ms, leastBytesPerSecond: 1_000, signal })
    if (!answer.ok) return err(answer.error.problem)
    const { status } = answer.value
    if (status === 200 || status === 204) return ok({ ms: Math.round(performance.now() - started) })
    return err(serviceProblem(status, endpoint.address) ?? problem('probe-failed', `${endpoint.address} answered a search with HTTP ${status}. Check that QIDO-RS is enabled there.`))
  }
  return {
    address: endpoint.address, probe,
    send: (cargo, terms) => sender.send(cargo, terms),
    confirm: (held, signal) => proofOf(held, { endpoint, hashes, host, signal, retrieve: given.confirm === 'retrieve' }),
    async noted(uids) { for (const uid of uids) await hashes.forget(uid) },
    reports: (asked, signal) => reportsOf(endpoint, asked, signal),
    priors: { list: (asked, signal) => listPriors(endpoint, asked, signal), fetch: (object, signal) => fetchPrior(endpoint, object, signal) },
    async dryRun(_classes, signal) {
      const answer = await probe(signal)
      return answer.ok ? ok([{ what: 'QIDO-RS', ok: true, detail: 'answers; which objects it takes shows when the first ones are sent' }]) : answer
    }
  }
}

/** An archive by DICOMweb: STOW-RS, and QIDO-RS with WADO-RS as proof. */
export const dicomwebTransport: TransportKind<DicomwebOptions> = { kind: 'dicomweb', archives: true, carries: 'dicom', parseOptions, open }
