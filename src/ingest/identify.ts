import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { DicomFacts } from '../domain/image-content.js'
import type { Fingerprint } from '../platform/fingerprint.js'
import { createFingerprint } from '../platform/fingerprint.js'
import { HEAD_BYTES, recognise } from './validate.js'

/** As much of a file as it takes to recognise it. */
export async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.allocUnsafe(Math.min(HEAD_BYTES, (await file.stat()).size))
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Hashes a file piece by piece; see `createFingerprint` for `offset`. */
export async function fingerprintFile(path: string, offset: number): Promise<Fingerprint> {
  const fingerprint = createFingerprint(offset)
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) fingerprint.update(chunk as Buffer)
  return fingerprint.digest()
}

/** What a file says of itself, as at its arrival: for a document that has to be made again. */
export async function identify(path: string): Promise<{ readonly fingerprint: string; readonly dicom?: DicomFacts }> {
  const recognised = recognise(await readHead(path))
  const offset = recognised.ok ? recognised.value.fingerprintOffset : 0
  const { fingerprint } = await fingerprintFile(path, offset)
  return recognised.ok && recognised.value.dicom ? { fingerprint, dicom: recognised.value.dicom } : { fingerprint }
}
