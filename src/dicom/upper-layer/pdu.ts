import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION } from '../uids.js'

/** Types of protocol data units (PS3.8 9.3). */
export const PDU = { associateRequest: 1, associateAccept: 2, associateReject: 3, data: 4, releaseRequest: 5, releaseResponse: 6, abort: 7 } as const

export type Pdu = { readonly type: number; readonly body: Buffer }
/** A presentation context to be asked for. */
export type ProposedContext = { readonly abstractSyntaxUid: string; readonly transferSyntaxUids: readonly string[]; /** The peer asks us in this context, not we it (PS3.7 D.3.3.4): C-GET. */ readonly asProvider?: boolean }
export type AcceptedContext = { readonly id: number; readonly abstractSyntaxUid: string; readonly transferSyntaxUid: string }
/** What an A-ASSOCIATE-AC says; `maxPduBytes` 0 means without limit. */
export type Acceptance = { readonly contexts: readonly AcceptedContext[]; readonly maxPduBytes: number }

/** PS3.8 7.1.1.13: ids are odd and at most 255. */
export const MOST_CONTEXTS = 128
const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1'
const ITEM = { application: 0x10, proposed: 0x20, answered: 0x21, abstractSyntax: 0x30, transferSyntax: 0x40, user: 0x50, maxLength: 0x51, implementationClass: 0x52, role: 0x54, implementationVersion: 0x55 } as const
/** What a peer may send us in one PDU. */
const OUR_MAX_PDU_BYTES = 131_072

export function pdu(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt8(type, 0)
  head.writeUInt32BE(body.length, 2)
  return Buffer.concat([head, body])
}

function item(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.from([type, 0, 0, 0])
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, body])
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const title = (text: string): Buffer => ascii(text.slice(0, 16).padEnd(16))
const contextId = (index: number): number => 2 * index + 1

/** A-ASSOCIATE-RQ (PS3.8 9.3.2): the nth proposal has the id 2n + 1. */
export function associateRequest({ calledAe, callingAe }: { readonly calledAe: string; readonly callingAe: string }, proposals: readonly ProposedContext[]): Buffer {
  const maxLength = Buffer.alloc(4)
  maxLength.writeUInt32BE(OUR_MAX_PDU_BYTES)
  return pdu(PDU.associateRequest, Buffer.concat([
    Buffer.from([0, 1, 0, 0]), title(calledAe), title(callingAe), Buffer.alloc(32), item(ITEM.application, ascii(APPLICATION_CONTEXT)),
    ...proposals.slice(0, MOST_CONTEXTS).map(({ abstractSyntaxUid, transferSyntaxUids }, index) => item(ITEM.proposed,
      Buffer.from([contextId(index), 0, 0, 0]), item(ITEM.abstractSyntax, ascii(abstractSyntaxUid)), ...transferSyntaxUids.map((uid) => item(ITEM.transferSyntax, ascii(uid))))),
    item(ITEM.user, item(ITEM.maxLength, maxLength), item(ITEM.implementationClass, ascii(IMPLEMENTATION_CLASS_UID)), ...rolesOf(proposals), item(ITEM.implementationVersion, ascii(IMPLEMENTATION_VERSION)))
  ]))
}

function rolesOf(proposals: readonly ProposedContext[]): Buffer[] {
  const classes = new Set(proposals.filter(({ asProvider }) => asProvider).map(({ abstractSyntaxUid }) => abstractSyntaxUid))
  return [...classes].map((uid) => item(ITEM.role, Buffer.from([0, uid.length]), ascii(uid), Buffer.from([0, 1])))
}

export const releaseRequest = (): Buffer => pdu(PDU.releaseRequest, Buffer.alloc(4))
export const releaseResponse = (): Buffer => pdu(PDU.releaseResponse, Buffer.alloc(4))
/** By the service user, no reason given. */
export const abortRequest = (): Buffer => pdu(PDU.abort, Buffer.alloc(4))

function* itemsOf(body: Buffer, from = 0): Generator<{ type: number; value: Buffer }> {
  for (let at = from; at + 4 <= body.length;) {
    const length = body.readUInt16BE(at + 2)
    if (at + 4 + length > body.length) return
    yield { type: body.readUInt8(at), value: body.subarray(at + 4, at + 4 + length) }
    at += 4 + length
  }
}

const uidOf = (value: Buffer): string => value.toString('latin1').replaceAll('\0', '').trim()
const CONTEXT_ITEMS_AT = 68

/** An A-ASSOCIATE-AC, or undefined when it is not well formed. A context whose answer names no transfer syntax counts as refused. */
export function readAcceptance(body: Buffer, proposals: readonly ProposedContext[]): Acceptance | undefined {
  if (body.length < CONTEXT_ITEMS_AT) return undefined
  const contexts: AcceptedContext[] = []
  let maxPduBytes = 0
  for (const { type, value } of itemsOf(body, CONTEXT_ITEMS_AT)) {
    if (type === ITEM.answered && value.length >= 4) contexts.push(...acceptedIn(value, proposals))
    if (type !== ITEM.user) continue
    for (const one of itemsOf(value)) if (one.type === ITEM.maxLength && one.value.length >= 4) maxPduBytes = one.value.readUInt32BE(0)
  }
  return { contexts, maxPduBytes }
}

function acceptedIn(value: Buffer, proposals: readonly ProposedContext[]): AcceptedContext[] {
  const id = value.readUInt8(0)
  const proposal = id % 2 === 1 ? proposals[(id - 1) / 2] : undefined
  const [syntax] = [...itemsOf(value, 4)].filter(({ type }) => type === ITEM.transferSyntax)
  if (!proposal || !syntax || value.readUInt8(2) !== 0) return []
  return [{ id, abstractSyntaxUid: proposal.abstractSyntaxUid, transferSyntaxUid: uidOf(syntax.value) }]
}

/** Why an association was rejected (PS3.8 9.3.4), as far as a person can act on it. */
export function rejectionWords(body: Buffer): string {
  const [source, reason] = [body[2] ?? 0, body[3] ?? 0]
  if (source === 1 && reason === 7) return 'does not know the AE title that was called'
  if (source === 1 && reason === 3) return 'does not know the AE title that calls'
  return source === 3 ? 'has no room for another association now' : 'refused the association'
}
