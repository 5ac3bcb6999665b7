import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataSetOffset, openObject } from '../../../dicom/codec.js'
import { isUid, TRANSFER_SYNTAX } from '../../../dicom/uids.js'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { readChecked, renderDocument } from '../../../platform/checked-json.js'
import { removeDurable, writeFileDurable } from '../../../platform/durable-fs.js'
import { serviceProblem, type Endpoint } from '../http/endpoint.js'
import type { Cargo, Confirmation, Held, TransportHost } from '../transport.js'
import { listOf, valueOf } from './answers.js'
import { firstPart } from './multipart.js'

/** What was sent of an object: hashes of its data set and of its pixel data. `plain`: the pixels are written in the one way that no archive writes otherwise. */
type Fingerprint = { readonly dataSet: string; readonly pixels?: string; readonly plain?: true }

const QUESTION = { connectMs: 15_000, answerMs: 60_000, leastBytesPerSecond: 1_000 }
const MOST_OBJECT_BYTES = 2 ** 31 - 1
const PLAIN: ReadonlySet<string> = new Set([TRANSFER_SYNTAX.implicitLittleEndian, TRANSFER_SYNTAX.explicitLittleEndian])
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function fingerprintOf(file: Uint8Array): Fingerprint {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const { pixelData: pixels, transferSyntaxUid = '' } = openObject(bytes) ?? {}
  const said = pixels && { pixels: hash(bytes.subarray(pixels.offset, pixels.offset + pixels.length)), ...(PLAIN.has(transferSyntaxUid) ? { plain: true as const } : {}) }
  return { dataSet: hash(bytes.subarray(dataSetOffset(bytes))), ...said }
}

/** Hashes of what was sent, on disk until it is proven: the archive's copy is compared with them. */
export class SentHashes {
  constructor(private readonly folder: string) {}

  /** What is made here may be drawn otherwise by another release, and is no other object for it. */
  async remember({ sopInstanceUid, file, uidSaysContent }: Pick<Cargo, 'sopInstanceUid' | 'file' | 'uidSaysContent'>): Promise<void> {
    if (!isUid(sopInstanceUid)) return
    const { plain, ...hashes } = fingerprintOf(file)
    await mkdir(this.folder, { recursive: true })
    await writeFileDurable(this.path(sopInstanceUid), renderDocument({ ...hashes, ...(plain && !uidSaysContent ? { plain } : {}) } satisfies Fingerprint))
  }

  async forget(sopInstanceUid: string): Promise<void> {
    if (isUid(sopInstanceUid)) await removeDurable(this.path(sopInstanceUid)).catch(() => undefined)
  }

  /** Equal to what was sent: the whole data set, or the pixels where the archive keeps its own attributes. Another image: other pixels, which no archive has changed. Else nobody can tell. */
  async compare(sopInstanceUid: string, file: Buffer): Promise<'equal' | 'another' | undefined> {
    const text = isUid(sopInstanceUid) ? await readFile(this.path(sopInstanceUid), 'utf8').catch(() => undefined) : undefined
    // Damaged on the disk, it proves nothing.
    const sent = readChecked(text ?? '') as Fingerprint | undefined
    if (sent === undefined) return undefined
    const there = fingerprintOf(file)
    if (there.dataSet === sent.dataSet || (sent.pixels !== undefined && there.pixels === sent.pixels)) return 'equal'
    return sent.plain && there.plain ? 'another' : undefined
  }

  private path(sopInstanceUid: string): string {
    return join(this.folder, `${sopInstanceUid}.json`)
  }
}

export type ProofParts = { readonly endpoint: Endpoint; readonly hashes: SentHashes; readonly retrieve: boolean; readonly host: Pick<TransportHost, 'confirmed'>; readonly signal: AbortSignal }
type Finding = 'missing' | 'listed' | 'retrieved' | 'another' | 'unknown'

/**
 * QIDO-RS whether each object is there, and WADO-RS whether it is what was sent; one that differs is listed and no more, so that nothing here is given up for it, and of another image a person is told.
 * What was found before the line broke counts: what was sent is not asked for twice over a slow link.
 */
export async function proofOf(held: readonly Held[], parts: ProofParts): Promise<Result<Confirmation, Problem>> {
  const found: Record<Finding, string[]> = { missing: [], listed: [], retrieved: [], another: [], unknown: [] }
  const { host } = parts
  for (const one of held) {
    const finding = await look(one, parts)
    if (!finding.ok) {
      if (found.retrieved.length > 0) host.confirmed({ committed: found.retrieved, missing: [], proof: 'retrieved' })
      return finding
    }
    found[finding.value].push(one.sopInstanceUid)
  }
  if (found.listed.length > 0) host.confirmed({ committed: found.listed, missing: [], proof: 'listed' })
  const withheld = found.unknown.length === 0 ? {} : { withheld: { sopInstanceUids: found.unknown, problem: notGivenBack(found.unknown.length) } }
  return ok({ committed: found.retrieved, missing: found.missing, proof: 'retrieved', ...(found.another.length === 0 ? {} : { refused: found.another.map((sopInstanceUid) => ({ sopInstanceUid, problem: OF_ANOTHER })) }), ...withheld })
}

const OF_ANOTHER = problem('uid-of-another', 'The archive has another image under the UID of this one, and keeps one of a UID: it answered success and does not have this image. It stays here. Have both looked at there, then send again.')

const notGivenBack = (objects: number): Problem =>
  problem('not-given-back', `The archive lists objects (${objects} when it was last asked) and does not give them back, so nobody knows whether it has them whole: they stay here. It is asked again by itself; look into its log.`)

/** It may give the object back another time: it is asked again, since what is listed is never asked for any more. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || (status >= 500 && status !== 501)

async function look(one: Held, parts: ProofParts): Promise<Result<Finding, Problem>> {
  const place = await placeOf(one, parts)
  if (!place.ok) return place
  if (!place.value) return ok('missing')
  if (!parts.retrieve) return ok('listed')
  const { endpoint, signal, hashes } = parts
  const headers = { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' }
  const answer = await endpoint.call({ method: 'GET', path: place.value, headers, mostAnswerBytes: MOST_OBJECT_BYTES }, { ...QUESTION, signal })
  if (!answer.ok) return err(answer.error.problem)
  if (answer.value.status === 404 || answer.value.status === 410) return ok('missing')
  if (answer.value.status !== 200) return ok(isPassing(answer.value.status) ? 'unknown' : 'listed')
  const file = firstPart(answer.value.body, answer.value.headers['content-type'] ?? '')
  const compared = file === undefined ? undefined : await hashes.compare(one.sopInstanceUid, file)
  return ok(compared === 'equal' ? 'retrieved' : compared ?? 'listed')
}

/** The path of the object in the archive, or undefined when it is not listed there. */
async function placeOf({ sopInstanceUid, studyInstanceUid, seriesInstanceUid }: Held, { endpoint, signal }: ProofParts): Promise<Result<string | undefined, Problem>> {
  const within = studyInstanceUid !== undefined && seriesInstanceUid !== undefined ? `studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances` : 'instances'
  const answer = await endpoint.call({ method: 'GET', path: `${within}?SOPInstanceUID=${encodeURIComponent(sopInstanceUid)}&limit=2`, headers: { accept: 'application/dicom+json' } }, { ...QUESTION, signal })
  if (!answer.ok) return err(answer.error.problem)
  const { status, body } = answer.value
  if (status === 204 || status === 404) return ok(undefined)
  if (status !== 200) return err(serviceProblem(status, endpoint.address) ?? problem('confirmation-unsupported', `${endpoint.address} does not answer whether it has an object (HTTP ${status}). Enable QIDO-RS there.`))
  const [first] = listOf(body.toString('utf8')).filter((item) => valueOf(item, '00080018') === sopInstanceUid)
  const [study, series] = [studyInstanceUid ?? valueOf(first, '0020000D'), seriesInstanceUid ?? valueOf(first, '0020000E')]
  return ok(first === undefined || study === undefined || series === undefined ? undefined : `studies/${study}/series/${series}/instances/${sopInstanceUid}`)
}
