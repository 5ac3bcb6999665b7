import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/platform/clock.js'
import type { Cargo, Confirmation, Held, SendTerms, TransportHost } from '../../../src/uplink/transports/transport.js'
import { CR_STORAGE, makeDicom, SYNTAX } from '../../generators/dicom.js'
import type { Element } from '../../generators/dicom-elements.js'

const STUDY = '1.2.826.0.1.99.1'
const SERIES = '1.2.826.0.1.99.1.1'
const uids: readonly Element[] = [{ tag: 0x0020000d, vr: 'UI', value: STUDY }, { tag: 0x0020000e, vr: 'UI', value: SERIES }]

/** A film as it leaves; `size` is the length of its sides in pixels of two bytes. */
export function film(sopInstanceUid: string, size = 64): Cargo {
  const file = makeDicom({ sopInstanceUid, columns: size, rows: size, patientId: 'PHANTOM-1', extra: uids })
  return { sopClassUid: CR_STORAGE, sopInstanceUid, transferSyntaxUid: SYNTAX.explicit, file, mediaType: 'application/dicom', kind: 'image', studyId: 's1' }
}

export const heldOf = ({ sopClassUid, sopInstanceUid }: Cargo): Held => ({ sopClassUid, sopInstanceUid, studyInstanceUid: STUDY, seriesInstanceUid: SERIES })

export const terms = (more: Partial<SendTerms> = {}): SendTerms => ({ leastBytesPerSecond: 100_000, signal: new AbortController().signal, pace: () => Promise.resolve(), ...more })

/** A host with a state folder of its own; `reports` are the confirmations that came later. */
export async function transportHost(): Promise<TransportHost & { readonly reports: Confirmation[]; remove(): Promise<void> }> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'transport-'))
  const reports: Confirmation[] = []
  return { clock: systemClock, stateFolder, reports, confirmed: (report) => { reports.push(report) }, remove: () => rm(stateFolder, { recursive: true, force: true }) }
}
