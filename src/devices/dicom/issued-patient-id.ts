import { open } from 'node:fs/promises'
import { readFacts } from '../../dicom/codec.js'
import { PATIENT_ID_PATTERN, type PatientId } from '../../domain/ids.js'
import type { DeviceHost } from '../device-kind.js'

/** Patient attributes stand in the first groups; no header before the pixels is longer that we would trust. */
const HEAD_BYTES = 256 * 1024

/**
 * The patient an object belongs to, when its Patient ID is one that we issued and the worklist still knows it: the
 * device took it from there. Anything else, and any failure to find out, leaves the image for a person to attach.
 */
export async function issuedPatientId(spoolPath: string, host: Pick<DeviceHost, 'worklist'>): Promise<PatientId | undefined> {
  if (!host.worklist) return undefined
  try {
    const facts = readFacts(await readHead(spoolPath))
    const id = facts.ok ? facts.value.patientId : undefined
    if (id === undefined || !PATIENT_ID_PATTERN.test(id)) return undefined
    return (await host.worklist({ patientId: id })).some((item) => item.patientId === id) ? id : undefined
  } catch {
    return undefined
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
