import { generateKeyPairSync, sign } from 'node:crypto'
import { Readable } from 'node:stream'
import { parseConfig } from '../../../src/config/parse-config.js'
import { deviceKinds } from '../../../src/devices/registry.js'
import { MultipartError, boundaryOf, partsOf } from '../../../src/devices/stow/multipart.js'
import { openBundle, signBundle } from '../../../src/provisioning/signed-bundle.js'
import { listOf, valueOf } from '../../../src/uplink/transports/dicomweb/answers.js'
import { firstPart } from '../../../src/uplink/transports/dicomweb/multipart.js'
import { readStoreResponse } from '../../../src/uplink/transports/dicomweb/store-answer.js'
import { readBundle, worstStatus } from '../../../src/uplink/transports/fhir/transaction.js'
import { readReceipts, signReceipts } from '../../../src/uplink/transports/folder/stick-format.js'
import { parseJson, receiptsShape } from '../../../src/uplink/transports/relay/receipt.js'
import { transportKinds } from '../../../src/uplink/transports/registry.js'
import { oddJson } from './json.js'
import { BOUNDARY, multipartSeeds } from './seeds.js'
import type { Target } from './targets.js'

const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const json = (seeds: readonly Buffer[], feed: (input: Buffer) => void): Target =>
  ({ seeds, make: (random) => oddJson(seeds, random), feed: (input) => { feed(input); return Promise.resolve() } })

/** What a caller has read already; undefined where it would have stopped there. */
function parsed(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString()) as unknown
  } catch {
    return undefined
  }
}

const [uid, hash] = ['1.2.840.10008.5.1.4.1.1.7', 'a'.repeat(64)]
const item = (more: object): object => ({ '00081150': { vr: 'UI', Value: [uid] }, '00081155': { vr: 'UI', Value: ['2.25.7'] }, ...more })

/** What a DICOMweb archive answers to storing and searching. */
export const stowAnswers = (): Target => json([
  text({ '00081199': { vr: 'SQ', Value: [item({}), item({ '00081196': { vr: 'US', Value: [0xb000] } })] }, '00081198': { vr: 'SQ', Value: [item({ '00081197': { vr: 'US', Value: [0xa700] } })] } }),
  text([item({ '00080061': { vr: 'CS', Value: ['SR'] } })]), text({ resourceType: 'Bundle', type: 'transaction-response', entry: [{ response: { status: '201 Created' } }] })
], (input) => {
  const body = input.toString()
  readStoreResponse(body)
  for (const each of listOf(body)) valueOf(each, '00081155')
  firstPart(input, `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`)
  worstStatus(body)
  readBundle(input)
})

/** A modality's STOW-RS body, in pieces of odd sizes. */
export const stowBodies = (): Target => ({
  seeds: multipartSeeds().map((seed) => Buffer.from(seed.toString('latin1').replaceAll('image/bmp', 'application/dicom'), 'latin1')),
  async feed(input) {
    boundaryOf(input.toString('latin1', 0, 200))
    const pieces = Array.from({ length: Math.ceil(input.length / 37) }, (_, at) => input.subarray(at * 37, at * 37 + 37))
    try {
      for await (const part of partsOf(Readable.from(pieces, { objectMode: true }), BOUNDARY)) for await (const _bytes of part.bytes) continue
    } catch (error) {
      if (!(error instanceof MultipartError)) throw error
    }
  }
})

const KEY = '7'.repeat(64)
const EXPORT = 'e'.repeat(32)

/** Receipts of a relay, by the line and by stick. A stick's are signed as they are, so that what is inside is read. */
export const receipts = (): Target => json([
  text({ receipts: [{ sopInstanceUid: '2.25.7', sha256: hash, state: 'committed', proof: 'retrieved' }, { sopInstanceUid: '2.25.8', sha256: hash, state: 'refused', status: 0xa900, problem: { code: 'x', message: 'y' } }] }),
  text({ version: 1, exportId: EXPORT, at: '2026-03-01T08:00:00Z', receipts: [{ file: `${'b'.repeat(32)}.age`, sha256: hash, state: 'accepted', status: 0xb000 }] })
], (input) => {
  parseJson(receiptsShape, input.toString())
  readReceipts(input.toString(), { exportId: EXPORT, receiptKey: KEY })
  readReceipts(signReceipts((parsed(input) ?? null) as Parameters<typeof signReceipts>[0], KEY), { exportId: EXPORT, receiptKey: KEY })
})

/** A centre's bundle: the envelope, and a payload that the trusted key signed though it is odd. */
export function bundles(): Target {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const trusted = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const envelope = signBundle({ kind: 'site', from: 'centre', createdAt: '2026-03-01T08:00:00Z', serial: 3, site: { name: 'x' }, settings: {}, files: [{ path: 'packs/a/1.0.0/model.onnx', bytes: 3, sha256: hash }] }, privateKey)
  const { payload, signedBy } = JSON.parse(envelope) as { payload: string; signedBy: string }
  return json([Buffer.from(envelope), Buffer.from(payload)], (input) => {
    openBundle(input.toString(), trusted)
    openBundle(JSON.stringify({ formatVersion: 1, payload: input.toString(), signature: sign(null, input, privateKey).toString('base64'), signedBy }), trusted)
  })
}

/** A site file as a technician, or a wish from the page, may have it. */
export const siteFiles = (): Target => json([
  text({ name: 'Hill', language: 'en', devices: [{ id: 'dicom', kind: 'dicom', options: { port: 104, aeTitle: 'A' } }, { id: 'digitizer', kind: 'serial-digitizer', options: { path: '/dev/ttyUSB0', baudRate: 115200 } }],
    destinations: [{ id: 'pacs', kind: 'dicom', host: '10.0.0.1', port: 104, aeTitle: 'B', hours: [{ from: '20:00', to: '06:00' }] }, { id: 'web', kind: 'dicomweb', url: 'https://x.example/dicom-web' }],
    retention: { days: 30, archives: ['pacs'] }, disk: { warnMb: 2000, refuseMb: 1000, ballastMb: 64 }, backup: { repository: 's3:x', recipients: ['age1x'], keep: { daily: 7 } }, http: { host: '0.0.0.0' }, worklist: { host: 'x', port: 104, aeTitle: 'C' } })
], (input) => { parseConfig({ env: {}, defaultDataFolder: '/srv/data', deviceKinds, destinationKinds: transportKinds, site: parsed(input) }) })
