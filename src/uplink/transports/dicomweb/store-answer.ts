import { problem, type Problem } from '../../../domain/problem.js'
import { answerOf } from '../dimse-answers.js'
import type { Answer } from '../transport.js'

type Item = Readonly<Record<string, { readonly Value?: readonly unknown[] } | undefined>>

const TAG = { sopInstance: '00081155', warning: '00081196', failure: '00081197', failed: '00081198', stored: '00081199' } as const

/** An archive may answer anything: what is no list has no values. */
const valuesOf = (item: Item, tag: string): readonly unknown[] => {
  const values: unknown = item[tag]?.Value
  return Array.isArray(values) ? values as unknown[] : []
}
const itemsOf = (item: Item, tag: string): Item[] => valuesOf(item, tag).filter((one): one is Item => typeof one === 'object' && one !== null)
const numberOf = (item: Item, tag: string): number | undefined => {
  const value = Number(valuesOf(item, tag)[0])
  return Number.isInteger(value) ? value : undefined
}

const uidOf = (item: Item): string => {
  const [uid] = valuesOf(item, TAG.sopInstance)
  return typeof uid === 'string' ? uid : ''
}

/** What a Store Instances response (PS3.18 10.5.3) says of each object by SOP Instance UID; undefined when it is not DICOM JSON. */
export function readStoreResponse(body: string): ReadonlyMap<string, Answer> | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return undefined
  }
  const data = (Array.isArray(parsed) ? parsed[0] : parsed) as Item | undefined
  if (typeof data !== 'object' || data === null) return undefined
  const answers = new Map<string, Answer>()
  const say = (item: Item, answer: Answer): void => { answers.set(uidOf(item), answer) }
  for (const item of itemsOf(data, TAG.stored)) say(item, answerOf({ kind: 'answered', status: numberOf(item, TAG.warning) ?? 0 }))
  for (const item of itemsOf(data, TAG.failed)) {
    const reason = numberOf(item, TAG.failure) ?? 0x0110
    say(item, answerOf({ kind: 'answered', status: reason === 0 ? 0x0110 : reason }))
  }
  return answers
}

/** An answer to one object that the response does not name; 200 says that all were stored. */
export function answerByStatus(status: number, listed: boolean): Answer {
  if (status === 200) return { kind: 'stored' }
  if (status === 202) return again(status, problem('answer-unclear', `The destination says that it stored some of the objects, and not ${listed ? 'this one' : 'which'}; it is sent again.`))
  if (status === 406 || status === 415) return { kind: 'not-accepted', problem: problem('not-accepted', `The destination takes no objects of this kind (HTTP ${status}). Enable its SOP class and transfer syntax there, then send again.`) }
  if (status === 408 || status >= 500) return again(status, problem('destination-busy', `The destination answered HTTP ${status} and can not store now; it is tried again by itself. If this stays, look into its log${status === 507 ? ' and make room there' : ''}.`))
  if (status === 413) return { kind: 'refused', status, problem: problem('too-large', 'The destination takes no object of this size (HTTP 413). Raise its limit, then send again.') }
  return { kind: 'refused', status, problem: problem('refused', `The destination refused the object with HTTP ${status}. Look into its log for the reason, then send again.`) }
}

const again = (status: number, why: Problem): Answer => ({ kind: 'try-again', status, problem: why })
