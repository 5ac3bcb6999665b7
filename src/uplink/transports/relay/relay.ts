import { join } from 'node:path'
import { z } from 'zod'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { Endpoint, endpointOptions, endpointProblems, serviceProblem, type EndpointOptions } from '../http/endpoint.js'
import type { Answer, Cargo, Confirmation, Held, SendResult, SendTerms, Transport, TransportHost, TransportKind } from '../transport.js'
import { askReceipts } from './ask-receipts.js'
import { REFUSED, type Receipt } from './receipt.js'
import { uploadObject } from './upload.js'

const options = z.strictObject(endpointOptions)

function parseOptions(raw: Readonly<Record<string, unknown>>): Result<EndpointOptions, Problem[]> {
  const parsed = options.safeParse(raw)
  if (!parsed.success) return err(parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, issue.path.map(String).join('.'))))
  const problems = endpointProblems(parsed.data)
  return problems.length > 0 ? err(problems) : ok(parsed.data)
}

const TIMES = { connectMs: 20_000, answerMs: 60_000 }
const QUESTION = { connectMs: 15_000, answerMs: 30_000, leastBytesPerSecond: 1_000 }
/** The PACS behind a relay commits within seconds, as a rule. */
const ASK_AGAIN_MS = 10_000
const PROBE = { connectMs: 10_000, answerMs: 10_000, leastBytesPerSecond: 1_000 }

async function send(cargo: readonly Cargo[], terms: SendTerms, { endpoint, folder }: { readonly endpoint: Endpoint; readonly folder: string }): Promise<SendResult> {
  const answers = cargo.map((): Answer => ({ kind: 'untouched' }))
  const { leastBytesPerSecond, signal, pace } = terms
  for (const [index, object] of cargo.entries()) {
    const { answer, problem: why } = await uploadObject(object, { endpoint, folder, times: { ...TIMES, leastBytesPerSecond, signal, pace } })
    answers[index] = answer
    terms.answered?.(index, answer)
    if (why) return { answers, problem: why }
  }
  return { answers }
}

/** Committed where the relay's PACS is; what the relay has lost is to be sent again. */
async function confirm(endpoint: Endpoint, held: readonly Held[], signal: AbortSignal): Promise<Result<Confirmation, Problem>> {
  const uids = held.map(({ sopInstanceUid }) => sopInstanceUid)
  const asked = await askReceipts(endpoint, uids, signal)
  if (!asked.ok) return asked
  const known = new Map(asked.value.map((receipt) => [receipt.sopInstanceUid, receipt]))
  const inState = (...states: Receipt['state'][]): string[] => uids.filter((uid) => states.includes(known.get(uid)?.state as Receipt['state']))
  const refused = inState('refused').map((sopInstanceUid) => ({ sopInstanceUid, problem: known.get(sopInstanceUid)?.problem ?? REFUSED }))
  return ok({ committed: inState('committed'), missing: uids.filter((uid) => !known.has(uid)), heldByRelay: inState('held-by-relay', 'accepted'), refused, proof: 'commitment' })
}

/** On the connection that objects use. Problem `wrong-address` or `heartbeat-refused`: the relay is an older one. */
async function beat(endpoint: Endpoint, heartbeat: string, terms: Pick<SendTerms, 'signal' | 'pace'>): Promise<Result<true, Problem>> {
  const call = { method: 'POST', path: 'heartbeat', headers: { 'content-type': 'application/json' }, body: [Buffer.from(heartbeat)] }
  const answer = await endpoint.call(call, { ...QUESTION, ...terms })
  if (!answer.ok) return err(answer.error.problem)
  if (answer.value.status === 204) return ok(true)
  return err(serviceProblem(answer.value.status, endpoint.address) ?? problem('heartbeat-refused', `${endpoint.address} took no heartbeat (HTTP ${answer.value.status}). Update the relay.`))
}

function open(given: EndpointOptions, host: TransportHost): Transport {
  const endpoint = new Endpoint(given)
  const folder = join(host.stateFolder, 'uploads')
  const probe = async (signal: AbortSignal): Promise<Result<{ readonly ms: number }, Problem>> => {
    const started = performance.now()
    const answer = await endpoint.call({ method: 'GET', path: 'status' }, { ...PROBE, signal })
    if (!answer.ok) return err(answer.error.problem)
    if (answer.value.status === 200) return ok({ ms: Math.round(performance.now() - started) })
    return err(serviceProblem(answer.value.status, endpoint.address) ?? problem('probe-failed', `${endpoint.address} answered HTTP ${answer.value.status}. Check that the relay runs there.`))
  }
  return {
    address: endpoint.address, probe, askAgainMs: ASK_AGAIN_MS,
    send: (cargo, terms) => send(cargo, terms, { endpoint, folder }),
    beat: (heartbeat, terms) => beat(endpoint, heartbeat, terms),
    confirm: (held, signal) => confirm(endpoint, held, signal),
    async dryRun(_classes, signal) {
      const answer = await probe(signal)
      return answer.ok ? ok([{ what: 'relay', ok: true, detail: 'answers, and knows this appliance; what its PACS takes shows when the first objects are sent' }]) : answer
    }
  }
}

/** A relay beside the central PACS (`screenpost receive`, docs/relay.md): uploads that survive any number of broken links. */
export const relayTransport: TransportKind<EndpointOptions> = { kind: 'relay', archives: true, carries: 'dicom', parseOptions, open }
