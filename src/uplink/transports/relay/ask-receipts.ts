import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { serviceProblem, type Endpoint } from '../http/endpoint.js'
import { MOST_IN_QUESTION, parseJson, receiptsShape, type Receipt } from './receipt.js'

const QUESTION = { connectMs: 15_000, answerMs: 30_000, leastBytesPerSecond: 1_000 }

/** What the relay knows of objects, by its receipts. */
export async function askReceipts(endpoint: Endpoint, sopInstanceUids: readonly string[], signal: AbortSignal): Promise<Result<readonly Receipt[], Problem>> {
  const receipts: Receipt[] = []
  for (let at = 0; at < sopInstanceUids.length; at += MOST_IN_QUESTION) {
    const body = [Buffer.from(JSON.stringify({ sopInstanceUids: sopInstanceUids.slice(at, at + MOST_IN_QUESTION) }))]
    const answer = await endpoint.call({ method: 'POST', path: 'receipts', headers: { 'content-type': 'application/json' }, body }, { ...QUESTION, signal })
    if (!answer.ok) return err(answer.error.problem)
    const said = answer.value.status === 200 ? parseJson(receiptsShape, answer.value.body.toString('utf8')) : undefined
    if (!said) return err(serviceProblem(answer.value.status, endpoint.address) ?? problem('wrong-address', `${endpoint.address} does not answer as a relay does (HTTP ${answer.value.status}). Check the url.`))
    receipts.push(...said.receipts)
  }
  return ok(receipts)
}
