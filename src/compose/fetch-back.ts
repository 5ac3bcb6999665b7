import { createHash, randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DestinationConfig } from '../config/config.js'
import { pixelFragments } from '../dicom/fragments.js'
import type { FetchedObject } from '../dicom/get-scu.js'
import { getObject } from '../dicom/get-scu.js'
import { dataSetOffset, openObject } from '../dicom/part10.js'
import { TRANSFER_SYNTAX } from '../dicom/uids.js'
import type { Delivery } from '../domain/delivery.js'
import { isHeld } from '../domain/delivery.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import type { Fetched } from '../operations/repair.js'
import type { StudyStore } from '../store/study-store.js'
import { isShared } from '../uplink/shared-uid.js'
import type { DicomOptions } from '../uplink/transports/dicom.js'
import { readTls } from '../uplink/transports/tls-files.js'
import type { TlsOption } from '../uplink/transports/tls-files.js'

type Parts = { readonly destinations: readonly DestinationConfig[]; readonly spoolFolder: string; readonly store: Pick<StudyStore, 'objectPath' | 'findBySopInstanceUid' | 'read'>; readonly signal?: AbortSignal }

/** Beside these the object's own. */
const SYNTAXES = [TRANSFER_SYNTAX.explicitLittleEndian, TRANSFER_SYNTAX.jpegBaseline, TRANSFER_SYNTAX.implicitLittleEndian]
const MOST_BYTES = 512 * 1024 * 1024
const TIMES = { connectMs: 15_000, leastBytesPerSecond: 2_000 }

/** Brings an image back from a PACS that took it, into a spool file that the caller removes; those that promised to keep it are asked first. */
export const createFetchBack = (parts: Parts) => async (study: Study): Promise<Result<Fetched, Problem>> => {
  const held = (study.deliveries ?? []).filter((delivery) => delivery.kind === 'image' && isHeld(delivery))
    .sort((a, b) => Number(b.state === 'committed') - Number(a.state === 'committed'))
  let why = problem('not-archived', 'No archive has this image. Send it again from its device.')
  for (const delivery of held) {
    const fetched = await fetchFrom(parts, study, delivery)
    const inside = fetched.ok ? await receivedOf(parts, study, fetched.value) : undefined
    if (fetched.ok && (inside || !(await isShared(parts.store, study, delivery.sopInstanceUid)))) return ok(await spool(parts, { study, delivery, inside }, fetched.value))
    if (!fetched.ok) why = fetched.error
  }
  return err(why)
}

async function fetchFrom({ destinations, signal }: Parts, study: Study, delivery: Delivery): Promise<Result<FetchedObject, Problem>> {
  const destination = destinations.find(({ id, kind }) => id === delivery.destination && kind === 'dicom')
  if (!destination) return err(problem('get-unsupported', 'This destination gives nothing back. Send the image again from its device.'))
  const { host, port, aeTitle, callingAeTitle, tls: files } = destination.options as DicomOptions & { readonly tls?: TlsOption }
  const tls = await readTls(files)
  if (!tls.ok) return tls
  const { sopClassUid, sopInstanceUid, studyInstanceUid = study.dicom?.studyInstanceUid ?? '', seriesInstanceUid = study.dicom?.seriesInstanceUid ?? '' } = delivery
  const own = study.dicom?.transferSyntaxUid
  const transferSyntaxUids = [...new Set([...(own ? [own] : []), ...SYNTAXES])]
  const peer = { host, port, calledAe: aeTitle, callingAe: callingAeTitle, ...(tls.value ? { tls: tls.value } : {}) }
  const answerMs = 60_000 + (study.object.bytes / TIMES.leastBytesPerSecond) * 1000
  return getObject(peer, { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid, transferSyntaxUids, mostBytes: MOST_BYTES }, { ...TIMES, answerMs, signal })
}

/** The very bytes that were received, where they can be had: of a UID that another study left under too, nothing else is this image. */
const receivedOf = async ({ store }: Parts, study: Study, fetched: FetchedObject): Promise<Buffer | undefined> =>
  (study.object.content === 'dicom' ? underOldHeader(store.objectPath(study), fetched, study.object.sha256) : receivedInside(fetched.file, study.object.sha256))

/** Those bytes; else the archive's copy. */
async function spool({ spoolFolder }: Parts, { study, delivery: { destination }, inside }: { readonly study: Study; readonly delivery: Delivery; readonly inside: Buffer | undefined }, fetched: FetchedObject): Promise<Fetched> {
  const bytes = inside ?? fetched.file
  const path = join(spoolFolder, `archive-${randomUUID()}`)
  await writeFile(path, bytes, { flag: 'wx', mode: 0o600 })
  return { path, sha256: sha256(bytes), bytes: bytes.length, content: inside ? study.object.content : 'dicom', from: destination }
}

/** The data set behind the meta header that it came with, which is not sent along; mostly the damage lies elsewhere. */
async function underOldHeader(path: string, { dataSet }: FetchedObject, wanted: string): Promise<Buffer | undefined> {
  const damaged = await readFile(path).catch(() => undefined)
  const whole = damaged && Buffer.concat([damaged.subarray(0, dataSetOffset(damaged)), dataSet])
  return whole && sha256(whole) === wanted ? whole : undefined
}

/** A JPEG left inside a DICOM object as it was. An encapsulated stream may be padded by one byte to an even length (PS3.5 A.4). */
function receivedInside(file: Buffer, wanted: string): Buffer | undefined {
  const opened = openObject(file)
  const stream = opened?.pixelData ? Buffer.concat(pixelFragments(opened).parts.map(({ bytes }) => bytes)) : undefined
  return [stream, stream?.subarray(0, -1)].find((bytes) => bytes && sha256(bytes) === wanted)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
