import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { readFacts } from '../dicom/codec.js'
import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import type { Clock } from '../platform/clock.js'
import type { ObjectHead } from '../uplink/transports/relay/receipt.js'
import type { ObjectStore } from './object-store.js'
import type { RelayedObject } from './relayed-object.js'

/** Enough for every attribute before Pixel Data but the absurd. */
const HEAD_BYTES = 4 * 1024 * 1024

export type AdmitParts = { readonly store: ObjectStore; readonly clock: Clock }

/**
 * Takes a file that arrived whole: it must have the hash that its sender gave and be the object that was announced. Durable on return. The file
 * at `path` is gone afterwards, whatever came of it. Problems: `hash-mismatch`, `not-this-object`, `other-content`.
 */
export async function admit(path: string, { clinic, ...head }: ObjectHead & { readonly clinic: string }, { store, clock }: AdmitParts): Promise<Result<RelayedObject, Problem>> {
  try {
    const known = alreadyKnown(store, clinic, head)
    if (known) return known
    if ((await hashOf(path)) !== head.sha256) return err(problem('hash-mismatch', 'The bytes that arrived are not those that were sent. Send the object again from its beginning.'))
    const facts = readFacts(await headOf(path))
    if (!facts.ok || facts.value.sopInstanceUid !== head.sopInstanceUid || facts.value.sopClassUid !== head.sopClassUid) {
      return err(problem('not-this-object', 'The file is not the DICOM object that was announced. Look at the sending appliance.'))
    }
    const at = clock.now().toISOString()
    const { studyInstanceUid, seriesInstanceUid } = facts.value
    const record: RelayedObject = {
      clinic, ...head, bytes: (await stat(path)).size, receivedAt: at, at, state: 'held', attempts: 0,
      ...(studyInstanceUid ? { studyInstanceUid } : {}), ...(seriesInstanceUid ? { seriesInstanceUid } : {})
    }
    await store.keep(record, path)
    return ok(record)
  } finally {
    await rm(path, { force: true })
  }
}

/** What is said of an object that is known already: itself when it is the same, a problem when it is not; undefined when it is new. */
export function alreadyKnown(store: ObjectStore, clinic: string, head: Pick<ObjectHead, 'sopInstanceUid' | 'sha256'>): Result<RelayedObject, Problem> | undefined {
  const record = store.find(clinic, head.sopInstanceUid)
  if (!record) return undefined
  if (record.sha256 === head.sha256) return ok(record)
  return err(problem('other-content', 'Another object with this UID came from this clinic before. A changed object must leave under a UID of its own.'))
}

/** SHA-256 of a file in hexadecimal, read in pieces. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.min(HEAD_BYTES, (await file.stat()).size))
    await file.read(bytes, 0, bytes.length, 0)
    return bytes
  } finally {
    await file.close()
  }
}
