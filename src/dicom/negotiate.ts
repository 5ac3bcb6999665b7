import { ACCEPTED_TRANSFER_SYNTAXES, STORAGE_CLASSES, STORAGE_COMMITMENT, TRANSFER_SYNTAX, VERIFICATION } from './uids.js'

/** A proposed presentation context, as much of it as negotiation needs. */
export type ProposedContext = { readonly abstractSyntaxUid: string; readonly transferSyntaxUids: readonly string[] }

/** PS3.8 9.3.3.2: acceptance with the chosen syntax, or the reason for refusing. */
export type ContextAnswer = { readonly result: 'accept'; readonly transferSyntaxUid: string } | { readonly result: 'no-abstract-syntax' | 'no-transfer-syntax' }

const NATIVE: ReadonlySet<string> = new Set([TRANSFER_SYNTAX.implicitLittleEndian, TRANSFER_SYNTAX.explicitLittleEndian, TRANSFER_SYNTAX.explicitBigEndian])

/** The sender's first syntax that we read wins: it is the one the object is in, so nothing is transcoded. `more` are services without pixels that are offered too. */
export function answerContext({ abstractSyntaxUid, transferSyntaxUids }: ProposedContext, more: readonly string[] = []): ContextAnswer {
  const echo = abstractSyntaxUid === VERIFICATION || abstractSyntaxUid === STORAGE_COMMITMENT || more.includes(abstractSyntaxUid)
  if (!echo && STORAGE_CLASSES[abstractSyntaxUid] === undefined) return { result: 'no-abstract-syntax' }
  const accepted = echo ? NATIVE : ACCEPTED_TRANSFER_SYNTAXES
  const transferSyntaxUid = transferSyntaxUids.find((uid) => accepted.has(uid))
  return transferSyntaxUid === undefined ? { result: 'no-transfer-syntax' } : { result: 'accept', transferSyntaxUid }
}
