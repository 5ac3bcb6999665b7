import type { StoreOutcome } from '../../dicom/store-scu.js'
import { problem } from '../../domain/problem.js'
import type { Answer } from './transport.js'

/** A duplicate (0x0111) is there already: that is what was wanted. */
const isAcceptance = (status: number): boolean => status === 0x0000 || status === 0x0111
const isWarning = (status: number): boolean => (status & 0xf000) === 0xb000 || status === 0x0001 || status === 0x0107 || status === 0x0116
/** 0xA7xx out of resources, 0x0110 processing failure, 0x0213 resource limitation, 0xFExx cancelled: another time may do. */
const isTransient = (status: number): boolean => (status & 0xff00) === 0xa700 || status === 0x0110 || (status & 0xff00) === 0xfe00 || status === 0x0213

const hex = (status: number): string => `0x${status.toString(16).toUpperCase().padStart(4, '0')}`

/** What an answer to a C-STORE means (PS3.4 B.2.3, PS3.7 annex C). */
export function answerOf(outcome: StoreOutcome): Answer {
  if (outcome.kind !== 'answered') return outcome
  const { status } = outcome
  if (isAcceptance(status)) return { kind: 'stored' }
  if (isWarning(status)) return { kind: 'stored-with-warning', status, problem: problem('stored-with-warning', `The destination kept the object with the warning ${hex(status)} (${meaningOf(status)}). It is not sent again.`) }
  if (isTransient(status)) return { kind: 'try-again', status, problem: problem('destination-busy', `The destination answered ${hex(status)} (${meaningOf(status)}) and can not store now; it is tried again by itself. If this stays, make room there.`) }
  return { kind: 'refused', status, problem: problem('refused', `The destination refused the object with status ${hex(status)} (${meaningOf(status)}). ${remedyOf(status)}`) }
}

const EXACT: Readonly<Record<number, string>> = {
  0x0110: 'processing failure', 0x0117: 'invalid object instance', 0x0122: 'SOP class not supported', 0x0124: 'not authorised', 0x0210: 'duplicate invocation',
  0x0211: 'unrecognised operation', 0x0212: 'mistyped argument', 0x0213: 'resource limitation', 0xb000: 'values were coerced', 0xb006: 'elements were discarded', 0xb007: 'data set does not match its class'
}

function meaningOf(status: number): string {
  const exact = EXACT[status]
  if (exact !== undefined) return exact
  if ((status & 0xff00) === 0xa700) return 'out of resources'
  if ((status & 0xff00) === 0xa900) return 'data set does not match its class'
  if ((status & 0xf000) === 0xc000) return 'can not understand'
  return (status & 0xf000) === 0xb000 ? 'warning' : 'no standard meaning'
}

function remedyOf(status: number): string {
  if (status === 0x0124) return 'Allow this AE title to store there, then send again.'
  if (status === 0x0122) return 'Enable its SOP class there, then send again.'
  return 'Look into its log for the reason, then send again.'
}
