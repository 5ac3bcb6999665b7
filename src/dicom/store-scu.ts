import type { Problem } from '../domain/problem.js'
import { dataSetOffset } from './part10.js'
import { Association, type AssociationTimes } from './upper-layer/association.js'
import { COMMAND, ELEMENT } from './upper-layer/message.js'
import { MOST_CONTEXTS, type ProposedContext } from './upper-layer/pdu.js'
import type { Peer } from './upper-layer/peer.js'

export type { Peer } from './upper-layer/peer.js'

/** The same object in one of its encodings: a Part 10 file. */
export type Encoding = { readonly transferSyntaxUid: string; readonly file: Uint8Array }
/** A Part 10 file with what its command says of it. `alternatives`, best first, are sent in its place where the peer takes one. */
export type ObjectToStore = Encoding & { readonly sopClassUid: string; readonly sopInstanceUid: string; readonly alternatives?: readonly Encoding[] }

/**
 * answered: with a DIMSE status. not-accepted: the peer takes no such class in no such transfer syntax. unanswered: all of it was on its way
 * when the association ended, so the peer may or may not have it. cut: a part of it left, so the peer can not have it. untouched: its turn never came.
 */
export type StoreOutcome = { readonly kind: 'answered'; readonly status: number } | { readonly kind: 'not-accepted' | 'unanswered' | 'cut' | 'untouched' }
export type StoreResult = { readonly outcomes: readonly StoreOutcome[]; /** Why the association did not end as it should. */ readonly problem?: Problem }

export type StoreTimes = AssociationTimes & { /** Told of each object as soon as it is known. */ readonly answered?: (index: number, outcome: StoreOutcome) => void; /** Awaited before each object, with its size. */ readonly begin?: ((bytes: number) => Promise<void>) | undefined }

/**
 * C-STORE of several objects over one association, each in an encoding that it has: nothing is transcoded on the way. Never rejects. Bytes are
 * handed over no faster than the line takes them, and deadlines follow from what is to cross.
 */
export async function storeObjects(peer: Peer, objects: readonly ObjectToStore[], times: StoreTimes): Promise<StoreResult> {
  const outcomes = objects.map((): StoreOutcome => ({ kind: 'untouched' }))
  const opened = await Association.open(peer, proposalsFor(objects), times)
  if (!opened.ok) return { outcomes, problem: opened.error }
  for (const [index, object] of objects.entries()) {
    const outcome = await storeOne(opened.value, object, times.begin)
    outcomes[index] = outcome
    times.answered?.(index, outcome)
    const { problem } = opened.value
    if (problem) return { outcomes, problem }
  }
  await opened.value.release()
  return { outcomes }
}

async function storeOne(association: Association, object: ObjectToStore, begin: StoreTimes['begin']): Promise<StoreOutcome> {
  const way = encodingsOf(object).flatMap((encoding) => {
    const context = association.contexts.find((one) => one.abstractSyntaxUid === object.sopClassUid && one.transferSyntaxUid === encoding.transferSyntaxUid)
    return context ? [{ context, file: Buffer.from(encoding.file.buffer, encoding.file.byteOffset, encoding.file.byteLength) }] : []
  })[0]
  if (!way) return { kind: 'not-accepted' }
  const { context, file } = way
  const command = {
    [ELEMENT.commandField]: COMMAND.storeRequest, [ELEMENT.affectedSopClass]: object.sopClassUid, [ELEMENT.affectedSopInstance]: object.sopInstanceUid, [ELEMENT.priority]: 0
  }
  await begin?.(file.length)
  const answer = await association.request(context.id, command, file.subarray(dataSetOffset(file)))
  if (!answer.ok) return { kind: answer.error.wholeSent ? 'unanswered' : 'cut' }
  return { kind: 'answered', status: Number(answer.value.command[ELEMENT.status] ?? NO_STATUS) }
}

/** A response without a status says nothing: taken for a failure of processing (PS3.7 C.5.1), which is tried again. */
const NO_STATUS = 0x0110

const encodingsOf = ({ alternatives = [], transferSyntaxUid, file }: ObjectToStore): readonly Encoding[] => [...alternatives, { transferSyntaxUid, file }]

/** A context for each class in each syntax, so that the peer can't choose for us. */
function proposalsFor(objects: readonly ObjectToStore[]): ProposedContext[] {
  const pairs = new Map(objects.flatMap((object) => encodingsOf(object).map(({ transferSyntaxUid }) =>
    [`${object.sopClassUid} ${transferSyntaxUid}`, { abstractSyntaxUid: object.sopClassUid, transferSyntaxUids: [transferSyntaxUid] }] as const)))
  return [...pairs.values()].slice(0, MOST_CONTEXTS)
}
