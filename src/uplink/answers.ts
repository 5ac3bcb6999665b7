import type { Delivery } from '../domain/delivery.js'
import type { IsoTime } from '../domain/ids.js'
import { problem, type Problem } from '../domain/problem.js'
import type { StoreOutcome } from '../dicom/store-scu.js'

/** Answers in a row that say "this object is wrong" after which a person must look: some PACS say so of a passing trouble of their own. */
export const MOST_REFUSALS = 5

const isWarning = (status: number): boolean => (status & 0xf000) === 0xb000 || status === 0x0001 || status === 0x0107 || status === 0x0116
/** 0xA7xx out of resources, 0x0110 processing failure, 0x0122 while a PACS is being configured, 0xFExx cancelled: another time may do. */
const isTransient = (status: number): boolean => (status & 0xff00) === 0xa700 || status === 0x0110 || (status & 0xff00) === 0xfe00 || status === 0x0213
/** A duplicate (0x0111) is there already: that is what was wanted. */
const isAcceptance = (status: number): boolean => status === 0x0000 || status === 0x0111

const hex = (status: number): string => `0x${status.toString(16).toUpperCase().padStart(4, '0')}`

/** A delivery after an answer to its C-STORE (PS3.4 B.2.3), or the same one when nothing is to be written down. */
export function afterStore(delivery: Delivery, outcome: StoreOutcome, at: IsoTime): Delivery {
  switch (outcome.kind) {
    case 'untouched': case 'cut': return delivery
    case 'unanswered': return delivery.state === 'sent' ? delivery : { ...delivery, state: 'sent', at }
    case 'not-accepted': return needsPerson(delivery, NOT_ACCEPTED, at)
    case 'answered': return afterStatus(delivery, outcome.status, at)
  }
}

const NOT_ACCEPTED: Problem = problem('not-accepted', 'The destination takes no objects of this kind in this transfer syntax. Enable its SOP class and transfer syntax there, then send again.')

function afterStatus(delivery: Delivery, status: number, at: IsoTime): Delivery {
  const { problem: _problem, status: _status, ...rest } = delivery
  if (isAcceptance(status)) return { ...rest, state: 'accepted', at, attempts: 0 }
  if (isWarning(status)) return { ...rest, state: 'accepted-with-warning', at, attempts: 0, status, problem: problem('stored-with-warning', `The destination kept the object with the warning ${hex(status)}. It is not sent again.`) }
  if (isTransient(status)) {
    if (delivery.status === status && delivery.state === 'pending') return delivery
    return { ...rest, state: 'pending', at, status, problem: problem('destination-busy', `The destination answered ${hex(status)} and can not store now; it is tried again by itself. If this stays, make room there.`) }
  }
  const refused = { ...rest, attempts: delivery.attempts + 1, status }
  const words = problem('refused', `The destination refused the object with status ${hex(status)}. Look into its log for the reason.`)
  return refused.attempts >= MOST_REFUSALS ? { ...refused, state: 'needs-person', at, problem: words } : { ...refused, state: 'pending', at, problem: words }
}

export function needsPerson(delivery: Delivery, why: Problem, at: IsoTime): Delivery {
  return { ...delivery, state: 'needs-person', at, problem: why }
}

/** A delivery after a commitment report; what the destination will not keep is sent again. */
export function afterCommitment(delivery: Delivery, report: { readonly committed: ReadonlySet<string>; readonly failed: ReadonlySet<string> }, at: IsoTime): Delivery {
  if (delivery.state !== 'accepted' && delivery.state !== 'accepted-with-warning') return delivery
  if (report.committed.has(delivery.sopInstanceUid)) return { ...delivery, state: 'committed', at }
  if (!report.failed.has(delivery.sopInstanceUid)) return delivery
  return { ...delivery, state: 'pending', at, problem: problem('not-committed', 'The destination does not keep what it had accepted; it is sent again.') }
}
