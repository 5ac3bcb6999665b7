import type { Peer } from '../../dicom/store-scu.js'
import { Association } from '../../dicom/upper-layer/association.js'
import { STORAGE_COMMITMENT, TRANSFER_SYNTAX } from '../../dicom/uids.js'
import type { Problem } from '../../domain/problem.js'
import { ok, type Result } from '../../domain/result.js'
import type { Takes } from './transport.js'

type Kind = { readonly sopClassUid: string; readonly transferSyntaxUid: string }

const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.88.33': 'Comprehensive SR', '1.2.840.10008.5.1.4.1.1.104.1': 'Encapsulated PDF', '1.2.840.10008.5.1.4.1.1.7': 'Secondary Capture', '1.2.840.10008.5.1.4.1.1.30': 'Parametric Map',
  '1.2.840.10008.5.1.4.1.1.1': 'Computed Radiography', '1.2.840.10008.5.1.4.1.1.1.1': 'Digital X-Ray', '1.2.840.10008.5.1.4.1.1.77.1.5.1': 'Ophthalmic Photography 8 Bit',
  '1.2.840.10008.5.1.4.1.1.6.1': 'Ultrasound', [STORAGE_COMMITMENT]: 'Storage Commitment'
}
const TIMES = { connectMs: 15_000, answerMs: 15_000, leastBytesPerSecond: 1_000 }

/** Opens an association that proposes these kinds of object and storage commitment, and says which were accepted; sends nothing. */
export async function offer(peer: Peer, kinds: readonly Kind[], signal: AbortSignal): Promise<Result<readonly Takes[], Problem>> {
  const proposals = [...kinds.map(({ sopClassUid, transferSyntaxUid }) => ({ abstractSyntaxUid: sopClassUid, transferSyntaxUids: [transferSyntaxUid] })),
    { abstractSyntaxUid: STORAGE_COMMITMENT, transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian] }]
  const opened = await Association.open(peer, proposals, { ...TIMES, signal })
  if (!opened.ok) return opened
  const accepted = new Set(opened.value.contexts.map(({ abstractSyntaxUid }) => abstractSyntaxUid))
  await opened.value.release()
  const takes = kinds.map(({ sopClassUid }): Takes => (accepted.has(sopClassUid)
    ? { what: nameOf(sopClassUid), ok: true, detail: 'taken' }
    : { what: nameOf(sopClassUid), ok: false, detail: 'not taken; enable this SOP class there' }))
  const commits = accepted.has(STORAGE_COMMITMENT)
  return ok([...takes, { what: nameOf(STORAGE_COMMITMENT), ok: true, detail: commits ? 'offered' : 'not offered; it is asked by query whether it has an object' }])
}

const nameOf = (uid: string): string => NAMES[uid] ?? uid
