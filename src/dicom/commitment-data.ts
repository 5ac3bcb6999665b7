import { DataSet } from './data-set.js'
import { implicitElement } from './encode-element.js'
import { itemsOf, walk, wholeSpan } from './walk.js'

export type CommitmentReference = { readonly sopClassUid: string; readonly sopInstanceUid: string }
/** N-EVENT-REPORT of storage commitment (PS3.4 J.3.3): what will be kept, and what will not. */
export type CommitmentReport = { readonly transactionUid: string; readonly committed: readonly string[]; readonly failed: readonly string[] }

const TAG = { referencedSopClass: 0x00081150, referencedSopInstance: 0x00081155, transaction: 0x00081195, failedSequence: 0x00081198, referencedSequence: 0x00081199 } as const
const ITEM = 0xfffee000

const uid = (text: string): Buffer => Buffer.from(text.length % 2 === 0 ? text : `${text}\0`, 'latin1')

/** The action information of a request (PS3.4 table J.3-1), Implicit VR Little Endian. */
export function commitmentRequest(transactionUid: string, references: readonly CommitmentReference[]): Buffer {
  const items = references.map(({ sopClassUid, sopInstanceUid }) => implicitElement(ITEM, Buffer.concat([implicitElement(TAG.referencedSopClass, uid(sopClassUid)), implicitElement(TAG.referencedSopInstance, uid(sopInstanceUid))])))
  return Buffer.concat([implicitElement(TAG.transaction, uid(transactionUid)), implicitElement(TAG.referencedSequence, Buffer.concat(items))])
}

/** The event information of a report (PS3.4 table J.3-2), Implicit VR Little Endian; what it does not list is neither kept nor refused. */
export function readCommitmentReport(dataSet: Buffer): CommitmentReport {
  const set = new DataSet(dataSet, { explicit: false, bigEndian: false })
  walk(set, wholeSpan(0, dataSet.length))
  const uids = (tag: number): string[] => itemsOf(set, tag).flatMap((item) => item.strings(TAG.referencedSopInstance).slice(0, 1))
  return { transactionUid: set.strings(TAG.transaction)[0] ?? '', committed: uids(TAG.referencedSequence), failed: uids(TAG.failedSequence) }
}
