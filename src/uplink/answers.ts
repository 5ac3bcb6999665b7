import type { Delivery } from '../domain/delivery.js'
import { problem, type Problem } from '../domain/problem.js'
import type { IsoTime } from '../domain/ids.js'
import type { Answer, Confirmation } from './transports/transport.js'

/** Answers in a row that say "this object is wrong" after which a person must look: some peers say so of a passing trouble of their own. */
export const MOST_REFUSALS = 5

/** A delivery after an answer to its object, or the same one when nothing is to be written down. */
export function afterAnswer(delivery: Delivery, answer: Answer, at: IsoTime): Delivery {
  const { problem: _problem, status: _status, heldByRelay: _held, proof: _proof, ...rest } = delivery
  const status = 'status' in answer && answer.status !== undefined ? { status: answer.status } : {}
  // What left once without an answer may be there, whatever is said of the next try.
  const state = delivery.state === 'sent' ? 'sent' : 'pending'
  switch (answer.kind) {
    case 'untouched': case 'cut': return delivery
    case 'unanswered': return unanswered(delivery, at)
    case 'unknown': return delivery.state === 'sent' ? delivery : { ...delivery, state: 'sent', at }
    case 'not-accepted': return needsPerson(delivery, answer.problem ?? NOT_ACCEPTED, at)
    case 'stored': return stored(rest, answer.receipt, at)
    case 'stored-with-warning': return { ...rest, ...status, state: 'accepted-with-warning', at, attempts: 0, problem: answer.problem }
    case 'try-again':
      if (delivery.status === answer.status && delivery.state === state && delivery.problem?.code === answer.problem.code) return delivery
      return { ...rest, ...status, state, at, problem: answer.problem }
    case 'refused': {
      const attempts = delivery.attempts + 1
      return { ...rest, ...status, attempts, state: attempts >= MOST_REFUSALS ? 'needs-person' : state, at, problem: answer.problem }
    }
  }
}

/** Silences in a row after which a person is told; it is still tried. */
const MANY_SILENCES = 5

function unanswered(delivery: Delivery, at: IsoTime): Delivery {
  const silent: Delivery = { ...delivery, state: 'sent', at: delivery.state === 'sent' ? delivery.at : at, attempts: delivery.attempts + 1 }
  return silent.attempts < MANY_SILENCES ? silent : { ...silent, problem: problem('no-answer', 'The destination never answers to this object. It is tried on; look into the log there.') }
}

type Receipt = Extract<Answer, { kind: 'stored' }>['receipt']

function stored(rest: Delivery, receipt: Receipt, at: IsoTime): Delivery {
  if (receipt === 'committed') return { ...rest, state: 'committed', at, attempts: 0, proof: 'commitment' }
  return { ...rest, state: 'accepted', at, attempts: 0, ...(receipt === 'held-by-relay' ? { heldByRelay: true as const } : {}) }
}

const NOT_ACCEPTED: Problem = problem('not-accepted', 'The destination takes no objects of this kind in this transfer syntax. Enable its SOP class and transfer syntax there, then send again.')

export function needsPerson(delivery: Delivery, why: Problem, at: IsoTime): Delivery {
  return { ...delivery, state: 'needs-person', at, problem: why }
}

/** Told by the destination that it kept it, or that it does not have it: then it is sent again. Better proof replaces weaker. */
export function afterConfirmation(delivery: Delivery, { committed, missing, proof, heldByRelay = [], refused = [] }: Confirmation, at: IsoTime): Delivery {
  const accepted = delivery.state === 'accepted' || delivery.state === 'accepted-with-warning'
  const listed = delivery.state === 'committed' && delivery.proof === 'listed'
  if (!accepted && !listed) return delivery
  if (committed.includes(delivery.sopInstanceUid)) {
    const { heldByRelay: _held, ...rest } = delivery
    return listed && proof === 'listed' ? delivery : { ...rest, state: 'committed', at, proof }
  }
  const refusal = refused.find(({ sopInstanceUid }) => sopInstanceUid === delivery.sopInstanceUid)
  if (refusal) {
    const { heldByRelay: _held, ...rest } = delivery
    return needsPerson(rest, refusal.problem, at)
  }
  if (accepted && !delivery.heldByRelay && heldByRelay.includes(delivery.sopInstanceUid)) return { ...delivery, heldByRelay: true }
  if (!missing.includes(delivery.sopInstanceUid) || (proof === 'listed' && ageMs(delivery, at) < INDEX_LAG_MS)) return delivery
  const { proof: _proof, ...rest } = delivery
  return { ...rest, state: 'pending', at, problem: problem('not-committed', 'The destination does not keep what it had accepted; it is sent again.') }
}

/** An archive may list what it accepted only after a while. */
const INDEX_LAG_MS = 5 * 60_000
const ageMs = (delivery: Delivery, at: IsoTime): number => Date.parse(at) - Date.parse(delivery.at)

/** Asked for by a person: tried anew as if for the first time. */
export function resend(delivery: Delivery, at: IsoTime): Delivery {
  if (delivery.state !== 'needs-person') return delivery
  const { problem: _problem, status: _status, ...rest } = delivery
  return { ...rest, state: 'pending', at, attempts: 0 }
}
