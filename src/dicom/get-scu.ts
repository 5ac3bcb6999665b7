import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import { writePart10 } from './meta-header.js'
import { STATUS } from './status.js'
import { TRANSFER_SYNTAX } from './uids.js'
import { Association, type AssociationTimes } from './upper-layer/association.js'
import { COMMAND, ELEMENT, type Message } from './upper-layer/message.js'
import type { Peer } from './upper-layer/peer.js'
import { encodeKeys } from './find-scu.js'

const STUDY_ROOT_GET = '1.2.840.10008.5.1.4.1.2.2.3'
const KEY = { level: 0x00080052, sopInstance: 0x00080018, study: 0x0020000d, series: 0x0020000e } as const

export type WantedObject = {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
  /** In which it may come, the best first. */
  readonly transferSyntaxUids: readonly string[]
  /** More than that is refused. */
  readonly mostBytes: number
}

/** `dataSet` as it came over the wire; `file` is a Part 10 file around it. */
export type FetchedObject = { readonly dataSet: Buffer; readonly file: Buffer; readonly transferSyntaxUid: string }

/**
 * One object by C-GET (PS3.4 C.4.3), over the association that asks for it. Problems: those of an association; `get-unsupported`: the peer
 * gives nothing back this way; `get-failed`, `get-nothing`: it was asked and did not send the object.
 */
export async function getObject(peer: Peer, wanted: WantedObject, times: AssociationTimes): Promise<Result<FetchedObject, Problem>> {
  const where = `${peer.host}:${peer.port}`
  const proposals = [
    { abstractSyntaxUid: STUDY_ROOT_GET, transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian] },
    ...wanted.transferSyntaxUids.map((uid) => ({ abstractSyntaxUid: wanted.sopClassUid, transferSyntaxUids: [uid], asProvider: true }))
  ]
  const opened = await Association.open(peer, proposals, { ...times, maxMessageBytes: wanted.mostBytes })
  if (!opened.ok) return opened
  const association = opened.value
  const context = association.contexts.find(({ abstractSyntaxUid }) => abstractSyntaxUid === STUDY_ROOT_GET)
  if (!context) {
    await association.release()
    return err(problem('get-unsupported', `${where} does not offer to give images back (C-GET). Allow retrieval there for ${peer.callingAe}.`))
  }
  const got = await ask(association, wanted, context.id)
  await association.release()
  return got.ok ? got : err(problem(got.error.code, `${where} ${got.error.message}`))
}

async function ask(association: Association, wanted: WantedObject, contextId: number): Promise<Result<FetchedObject, Problem>> {
  let fetched: FetchedObject | undefined
  association.asked = (message) => {
    const uid = message.command[ELEMENT.affectedSopInstance] ?? ''
    const taken = uid === wanted.sopInstanceUid && isStore(message) ? fetchedFrom(association, message, wanted) : undefined
    fetched ??= taken
    return { [ELEMENT.affectedSopClass]: message.command[ELEMENT.affectedSopClass] ?? '', [ELEMENT.affectedSopInstance]: uid, [ELEMENT.status]: taken ? STATUS.success : STATUS.cannotUnderstand }
  }
  const { sopInstanceUid, studyInstanceUid, seriesInstanceUid } = wanted
  const keys = encodeKeys({ [KEY.level]: 'IMAGE', [KEY.study]: studyInstanceUid, [KEY.series]: seriesInstanceUid, [KEY.sopInstance]: sopInstanceUid })
  const answer = await association.request(contextId, { [ELEMENT.commandField]: COMMAND.getRequest, [ELEMENT.affectedSopClass]: STUDY_ROOT_GET, [ELEMENT.priority]: 0 }, keys)
  if (fetched) return ok(fetched)
  if (!answer.ok) return err(problem('get-failed', `did not give the image back (${answer.error.problem.code}); it is tried again.`))
  const status = Number(answer.value.command[ELEMENT.status])
  return err(status === 0 ? problem('get-nothing', 'does not have the image any more, or sends it in no form that is read here.')
    : problem('get-failed', `ended the retrieval with status 0x${status.toString(16).toUpperCase().padStart(4, '0')}. Look into its log for the reason.`))
}

const isStore = ({ command, dataSet }: Message): boolean => command[ELEMENT.commandField] === COMMAND.storeRequest && dataSet !== undefined

function fetchedFrom(association: Association, { contextId, dataSet }: Message, { sopClassUid, sopInstanceUid }: WantedObject): FetchedObject | undefined {
  const transferSyntaxUid = association.contexts.find(({ id }) => id === contextId)?.transferSyntaxUid
  return dataSet && transferSyntaxUid ? { dataSet, file: writePart10(dataSet, { sopClassUid, sopInstanceUid, transferSyntaxUid }), transferSyntaxUid } : undefined
}
