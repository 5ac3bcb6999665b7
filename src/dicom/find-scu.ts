import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import { DataSet } from './data-set.js'
import { implicitElement } from './encode-element.js'
import { TRANSFER_SYNTAX } from './uids.js'
import { Association, type AssociationTimes } from './upper-layer/association.js'
import { COMMAND, ELEMENT } from './upper-layer/message.js'
import type { Peer } from './upper-layer/peer.js'
import { walk, wholeSpan } from './walk.js'

export const STUDY_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.2.1'

/** Matching keys by tag: text to match, empty to be told, or one item of a sequence. */
export type Keys = { readonly [tag: number]: string | Keys }
export type FindRequest = { readonly sopClassUid: string; readonly keys: readonly Keys[]; /** More answers than that are left unread. */ readonly most: number; readonly times: AssociationTimes }

/**
 * C-FIND (PS3.4 C.4.1 and K.4.1): the answers to each set of keys in turn, over one association. Problems: those of an association;
 * `find-unsupported`: the peer does not offer it; `find-failed`.
 */
export async function find(peer: Peer, { sopClassUid, keys, most, times }: FindRequest): Promise<Result<DataSet[][], Problem>> {
  const where = `${peer.host}:${peer.port}`
  const opened = await Association.open(peer, [{ abstractSyntaxUid: sopClassUid, transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian] }], times)
  if (!opened.ok) return opened
  const association = opened.value
  const [context] = association.contexts
  if (!context) {
    await association.release()
    return err(problem('find-unsupported', `${where} does not offer to be asked what it has (C-FIND). Enable queries there for ${peer.callingAe}.`))
  }
  const all: DataSet[][] = []
  for (const identifier of keys) {
    const found = await findOne(association, { contextId: context.id, sopClassUid, identifier: encodeKeys(identifier), most })
    if (!found.ok) {
      await association.release()
      return err(problem(found.error.code, `${where}: ${found.error.message}`))
    }
    all.push(found.value)
  }
  await association.release()
  return ok(all)
}

type Question = { readonly contextId: number; readonly sopClassUid: string; readonly identifier: Buffer; readonly most: number }

async function findOne(association: Association, { contextId, sopClassUid, identifier, most }: Question): Promise<Result<DataSet[], Problem>> {
  const found: DataSet[] = []
  association.pending = ({ dataSet }) => { if (dataSet && found.length < most) found.push(read(dataSet)) }
  const answer = await association.request(contextId, { [ELEMENT.commandField]: COMMAND.findRequest, [ELEMENT.affectedSopClass]: sopClassUid, [ELEMENT.priority]: 0 }, identifier)
  if (!answer.ok) return err(answer.error.problem)
  const status = Number(answer.value.command[ELEMENT.status])
  return status === 0 ? ok(found) : err(problem('find-failed', `the query ended with status 0x${status.toString(16).toUpperCase().padStart(4, '0')}. Look into its log for the reason.`))
}

function read(bytes: Buffer): DataSet {
  const set = new DataSet(bytes, { explicit: false, bigEndian: false })
  walk(set, wholeSpan(0, bytes.length))
  return set
}

/** An identifier in Implicit VR Little Endian. */
export function encodeKeys(keys: Keys): Buffer {
  const tags = Object.keys(keys).map(Number).sort((a, b) => a - b)
  return Buffer.concat(tags.map((tag) => implicitElement(tag, valueOf(keys[tag]!))))
}

function valueOf(value: string | Keys): Buffer {
  if (typeof value !== 'string') return implicitElement(0xfffee000, encodeKeys(value))
  const bytes = Buffer.from(value, 'utf8')
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(/^[0-9.\\]+$/.test(value) ? [0] : [0x20])])
}
