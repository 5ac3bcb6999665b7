import { readdir, rm, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, join } from 'node:path'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'
import type { Upload } from '@tus/server'
import { problem, type Problem } from '../domain/problem.js'
import { freeBytes } from '../platform/disk-space.js'
import { makeDirectoryDurable } from '../platform/durable-fs.js'
import type { Clock } from '../platform/clock.js'
import { headShape, type ObjectHead } from '../uplink/transports/relay/receipt.js'
import { admit, alreadyKnown } from './admit.js'
import type { Handover } from './handover.js'
import type { RelayLog } from './log-events.js'
import type { ObjectStore } from './object-store.js'
import { receiptOf, type RelayedObject } from './relayed-object.js'

export type UploadsParts = {
  readonly folder: string; readonly store: ObjectStore; readonly handover: Pick<Handover, 'isUp' | 'again'>; readonly clock: Clock; readonly log: RelayLog
  /** How long the last answer waits for the PACS's own, while that answers at all. */
  readonly answerWithinMs: number
  readonly reserveBytes: number
  readonly mostObjectBytes: number
}

export type Uploads = { handle(request: IncomingMessage, response: ServerResponse, clinic: string): Promise<void>; close(): void }

export const UPLOADS_PATH = '/objects'
const KEEP_UNFINISHED_MS = 14 * 24 * 60 * 60_000
const SWEEP_EVERY_MS = 60 * 60_000

const refusal = (status: number, error: Problem) => ({ status_code: status, body: JSON.stringify({ error }) })
const STATUS: Readonly<Record<string, number>> = { 'hash-mismatch': 460, 'not-this-object': 422, 'other-content': 422 }

type Said = ObjectHead & { readonly clinic: string }

function headOf(metadata: Upload['metadata']): Said | undefined {
  const { clinic, ...head } = metadata ?? {}
  const parsed = headShape.safeParse(head)
  return parsed.success && clinic ? { ...parsed.data, clinic } : undefined
}

/**
 * tus 1.0: an object may come in any number of pieces, over days. The answer to the last piece is a receipt, and leaves when the object is
 * durable; what is known already is answered with its receipt (409) before a byte of it is sent.
 */
export async function createUploads(parts: UploadsParts): Promise<Uploads> {
  const { folder, store } = parts
  await makeDirectoryDurable(folder)
  const files = new FileStore({ directory: folder })
  await finishLeftOvers(files, parts)
  const clinics = new WeakMap<object, string>()
  const clinicOf = (request: object): string => clinics.get((request as { runtime?: { node?: { req: object } } }).runtime?.node?.req ?? {}) ?? ''
  const server = new Server({
    path: UPLOADS_PATH, datastore: files, relativeLocation: true, maxSize: parts.mostObjectBytes, allowedOrigins: [],
    onIncomingRequest: async (request, id) => {
      const upload = await files.getUpload(id).catch(() => undefined)
      if (upload && upload.metadata?.['clinic'] !== clinicOf(request)) throw { status_code: 404, body: '' }
    },
    onUploadCreate: async (request, upload) => {
      const said = headOf({ ...upload.metadata, clinic: clinicOf(request) })
      if (!said || upload.size === undefined) throw refusal(400, problem('bad-announcement', 'An upload must announce sopClassUid, sopInstanceUid, transferSyntaxUid, sha256 and its length. Update the sending appliance.'))
      await answerKnown(said, parts)
      if ((await freeBytes(folder)) - upload.size < parts.reserveBytes) throw refusal(507, problem('store-full', 'The disk of the relay is full: nothing was taken. Make room there; it is tried again by itself.'))
      return { metadata: { ...said } }
    },
    onUploadFinish: async (request, upload) => {
      const receipt = await finish(upload, files, parts)
      return { status_code: request.method === 'POST' ? 201 : 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(receiptOf(receipt)) }
    }
  })
  const sweep = setInterval(() => { removeForgotten(files, parts).catch((error: unknown) => parts.log.failed('sweep', error)) }, SWEEP_EVERY_MS)
  sweep.unref()
  return {
    close: () => clearInterval(sweep),
    async handle(request, response, clinic) {
      clinics.set(request, clinic)
      await server.handle(request, response)
    }
  }

  async function answerKnown(said: Said, { handover }: UploadsParts): Promise<void> {
    const known = alreadyKnown(store, said.clinic, said)
    if (!known) return
    if (!known.ok) throw refusal(422, known.error)
    if (known.value.state === 'refused') await handover.again(known.value)
    parts.log.received(said.clinic, { bytes: 0, known: true })
    throw { status_code: 409, body: JSON.stringify(receiptOf(known.value)) }
  }
}

/** The upload's file goes, whatever comes of it, so that a client that was told nothing starts again. */
async function finish(upload: Upload, files: FileStore, { store, clock, log, handover, answerWithinMs }: UploadsParts): Promise<RelayedObject> {
  const said = headOf(upload.metadata)
  const path = join(files.directory, basename(upload.id))
  try {
    if (!said) throw refusal(400, problem('bad-announcement', 'The upload announced nothing. Update the sending appliance.'))
    const admitted = await admit(path, said, { store, clock })
    if (!admitted.ok) {
      log.refusedUpload(said.clinic, admitted.error.code)
      throw refusal(STATUS[admitted.error.code] ?? 422, admitted.error)
    }
    log.received(said.clinic, { bytes: admitted.value.bytes, known: false })
    return (handover.isUp ? await store.settled(admitted.value, answerWithinMs) : undefined) ?? admitted.value
  } finally {
    await rm(path, { force: true })
    await files.configstore.delete(upload.id)
  }
}

/** Nobody goes on with them. @tus/server's own expiration asks for an upload after its last answer, when ours is gone. */
async function removeForgotten(files: FileStore, { folder, clock }: UploadsParts): Promise<void> {
  for (const name of (await readdir(folder)).filter((one) => !one.endsWith('.json'))) {
    const touched = await stat(join(folder, name)).catch(() => undefined)
    if (touched && clock.now().getTime() - touched.mtimeMs > KEEP_UNFINISHED_MS) await files.remove(name)
  }
}

/** Uploads that were complete when the power went, before anybody was told. */
async function finishLeftOvers(files: FileStore, parts: UploadsParts): Promise<void> {
  const names = (await readdir(parts.folder)).filter((name) => !name.endsWith('.json'))
  for (const name of names) {
    const upload = await files.getUpload(name).catch(() => undefined)
    if (!upload) await rm(join(parts.folder, name), { force: true })
    else if (upload.size !== undefined && upload.size === upload.offset) await finish(upload, files, { ...parts, answerWithinMs: 0 }).catch(() => undefined)
  }
}
