import { randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { readFacts } from '../../dicom/codec.js'
import { STATUS } from '../../dicom/status.js'
import type { Arrival } from '../../domain/arrival.js'
import { StoreFullError } from '../../domain/errors.js'
import type { DicomFacts } from '../../domain/image-content.js'
import { TooLarge } from '../../platform/capped-bytes.js'
import { isErrno } from '../../platform/durable-fs.js'
import type { MountedAnswer, MountedRequest } from '../../platform/mounts.js'
import { readToEnd, spoolStream } from '../../platform/spool-stream.js'
import type { DeviceHost } from '../device-kind.js'
import { boundaryOf, MultipartError, partsOf, type Part } from './multipart.js'
import { storeResponse, type InstanceResult } from './response.js'

const MOST_INSTANCES = 2000
/** As by C-STORE. */
const MOST_INSTANCE_BYTES = 2 ** 31
const HEAD_BYTES = 256 * 1024
const JSON_TYPE = { 'Content-Type': 'application/dicom+json' }

const refuse = (status: number, message: string): MountedAnswer => ({ status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: message })

/** `POST studies` or `studies/{uid}` (PS3.18 10.5): each instance is durable, or named as failed, when this returns. */
export async function receiveInstances(request: MountedRequest, host: DeviceHost, mostBytes = MOST_INSTANCE_BYTES): Promise<MountedAnswer> {
  const boundary = boundaryOf(String(request.headers['content-type'] ?? ''))
  if (boundary === undefined) return refuse(415, 'Send multipart/related; type="application/dicom" with a boundary.')
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > 0 && !(await host.hasRoomFor(announced))) {
    await readToEnd(request.body)
    return refuse(507, 'The disk of the appliance is full: nothing was taken. Keep the images and tell the technician.')
  }
  const results: InstanceResult[] = []
  try {
    for await (const part of partsOf(request.body, boundary)) {
      if (results.length === MOST_INSTANCES) return refuse(413, `Send at most ${MOST_INSTANCES} instances at once.`)
      results.push(await takePart(part, request, { host, mostBytes }))
    }
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error
    return refuse(400, `The body stopped before its end. ${results.filter(({ failure }) => failure === undefined).length} instances before that are stored; send all again, none is doubled.`)
  }
  if (results.length === 0) return refuse(400, 'There is no instance in the body.')
  const { status, body } = storeResponse(results)
  return { status, headers: JSON_TYPE, body }
}

async function takePart(part: Part, request: MountedRequest, { host, mostBytes }: { host: DeviceHost; mostBytes: number }): Promise<InstanceResult> {
  if (!/^application\/dicom(;|$)/i.test(part.headers['content-type'] ?? 'application/dicom')) return { failure: STATUS.cannotUnderstand }
  const spoolPath = join(host.spoolFolder, `stow-${randomUUID()}.dcm`)
  const visit = noted(host, request.callerId)
  try {
    await spoolStream(Readable.from(part.bytes), spoolPath, { hasRoomFor: (bytes) => host.hasRoomFor(bytes), mostBytes, mode: 0o600 })
    return await deliverInstance({ spoolPath, ...visit }, request, host)
  } catch (error) {
    if (error instanceof MultipartError) throw error
    const noRoom = error instanceof StoreFullError || error instanceof TooLarge || isErrno(error, 'ENOSPC', 'EDQUOT')
    return { failure: noRoom ? STATUS.outOfResources : STATUS.processingFailure }
  } finally {
    await rm(spoolPath, { force: true }).catch(() => undefined)
  }
}

/** The visit of the moment when the instance began to come. */
function noted({ visit }: DeviceHost, callerId: string): Pick<Arrival, 'visitId' | 'take'> {
  const held = visit?.(callerId)
  return visit ? { visitId: held?.visitId ?? null, ...(held?.take ? { take: held.take.code } : {}) } : {}
}

async function deliverInstance(came: Pick<Arrival, 'spoolPath' | 'visitId' | 'take'>, { rest, callerId }: MountedRequest, host: DeviceHost): Promise<InstanceResult> {
  const facts = await factsOf(came.spoolPath)
  const named = facts ? { sopClassUid: facts.sopClassUid, sopInstanceUid: facts.sopInstanceUid } : {}
  if (!facts) return { failure: STATUS.cannotUnderstand }
  if (rest !== '' && facts.studyInstanceUid !== rest) return { ...named, failure: STATUS.dataSetDoesNotMatch }
  const result = await host.deliver({ ...came, source: { kind: 'stow', deviceId: host.deviceId, operator: callerId }, receivedAt: host.clock.now().toISOString() })
  if (!result.ok) return { ...named, failure: result.error.code === 'store-full' ? STATUS.outOfResources : STATUS.processingFailure }
  return result.value.outcome === 'quarantined' ? { ...named, failure: STATUS.cannotUnderstand } : named
}

async function factsOf(path: string): Promise<DicomFacts | undefined> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0)
    const facts = readFacts(head.subarray(0, bytesRead))
    return facts.ok ? facts.value : undefined
  } finally {
    await file.close()
  }
}
