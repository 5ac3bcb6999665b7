import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FrameDecoder } from '../../../src/devices/serial-digitizer/framing.js'
import { readFacts } from '../../../src/dicom/codec.js'
import { DataSet } from '../../../src/dicom/data-set.js'
import { echo } from '../../../src/dicom/dimse-client.js'
import { startDimseServer } from '../../../src/dicom/dimse-server.js'
import { MessageReader } from '../../../src/dicom/upper-layer/message.js'
import { PDU, readAcceptance, rejectionWords } from '../../../src/dicom/upper-layer/pdu.js'
import { PduReader } from '../../../src/dicom/upper-layer/pdu-reader.js'
import { walk, wholeSpan } from '../../../src/dicom/walk.js'
import { decodeBytes } from '../../../src/ingest/decode/decode.js'
import { recognise } from '../../../src/ingest/validate.js'
import { silentLog } from '../../../src/platform/log.js'
import { parseDocument } from '../../../src/store/durable-document.js'
import { parseJournal } from '../../../src/store/journal-line.js'
import { startTestWeb } from '../../../test/web/harness.js'
import type { Random } from '../random.js'
import { bundles, receipts, siteFiles, stowAnswers, stowBodies } from './far-targets.js'
import { oddPeers, oddReports } from './peer-targets.js'
import { answerSeeds, BOUNDARY, dicomSeeds, documentSeeds, formSeeds, frameSeeds, jsonSeeds, multipartSeeds, pduSeeds, pictureSeeds } from './seeds.js'

/** A parser of outside bytes. `feed` throws, or ends the process, only where the product has a fault. */
export type Target = { readonly seeds: readonly Buffer[]; /** Inputs of a shape of its own, for two of three. */ make?(random: Random): Buffer; feed(input: Buffer): Promise<void>; close?(): Promise<void> }

const LIMITS = { maxPixels: 4_000_000, maxBytes: 16 * 1024 * 1024, maxFrames: 16 }

async function feedFile(input: Buffer): Promise<void> {
  recognise(input)
  readFacts(input)
  await decodeBytes(input, LIMITS)
}

/** Also in pieces, and every good frame must be whole. */
async function feedFrames(input: Buffer): Promise<void> {
  const decoder = new FrameDecoder()
  for (let at = 0; at < input.length;) {
    const { buffer, offset, length } = decoder.space()
    const count = Math.min(length, 1 + (input[at]! % 97), input.length - at)
    input.copy(buffer, offset, at, at + count)
    decoder.received(count)
    at += count
  }
  decoder.expire()
  if (decoder.partial) throw new Error('bytes stayed in the decoder after they had expired')
}

const MOST_BYTES = 1024 * 1024

/** What a PACS answers us: put together as the calling side does; damage is told by RangeError. */
async function feedAnswers(input: Buffer): Promise<void> {
  const pdus = new PduReader(MOST_BYTES)
  const messages = new MessageReader(MOST_BYTES)
  try {
    for (const pdu of pdus.push(input)) {
      if (pdu.type === PDU.associateAccept) readAcceptance(pdu.body, [])
      else if (pdu.type === PDU.associateReject) rejectionWords(pdu.body)
      else if (pdu.type === PDU.data) for (const { dataSet } of messages.push(pdu.body)) if (dataSet) walk(new DataSet(dataSet, { explicit: false, bigEndian: false }), wholeSpan(0, dataSet.length))
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
}

/** Whom our own worklist names to a modality that asks. */
const EXPECTED = [{ patientId: 'C-0042', patientName: 'Asha Otieno', date: '2026-03-02', time: '09:15', modality: 'OP' }]

async function pduTarget(): Promise<Target> {
  const spoolFolder = await mkdtemp(join(tmpdir(), 'screenpost-fuzz-'))
  const server = await startDimseServer({ host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST', maxAssociations: 50, spoolFolder, log: silentLog, store: async () => 0, findWorklist: async () => EXPECTED, reportStep: async () => undefined, committed: () => undefined })
  let fed = 0
  return {
    seeds: pduSeeds(),
    async feed(input) {
      await converse(server.port, input)
      if (++fed % 200 > 0) return
      const alive = await echo({ host: '127.0.0.1', port: server.port, calledAe: 'SCREENPOST', callingAe: 'FUZZ', timeoutMs: 4000 })
      if (!alive.ok) throw new Error(`the server answers no echo any more: ${alive.error.code}`)
    },
    async close() {
      await server.close()
      await rm(spoolFolder, { recursive: true, force: true })
    }
  }
}

/** Says all, listens until the server hangs up or has been silent for a moment. */
const converse = (port: number, input: Buffer): Promise<void> => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => socket.end(input))
  socket.setTimeout(10, () => socket.destroy())
  socket.on('data', () => undefined)
  socket.on('error', () => undefined)
  socket.on('close', () => resolve())
})

async function webTarget(seeds: readonly Buffer[], paths: readonly string[], contentType: string): Promise<Target> {
  const web = await startTestWeb()
  const bearer = await web.bearer('clinician')
  let turn = 0
  return {
    seeds,
    async feed(input) {
      const path = paths[turn++ % paths.length]!
      const answer = await fetch(web.url + path, { method: 'POST', body: new Uint8Array(input), headers: { ...bearer, 'content-type': contentType } })
      await answer.arrayBuffer()
      if (answer.status === 500) throw new Error(`${path} answered 500`)
    },
    close: async () => { await web[Symbol.asyncDispose]() }
  }
}

/** A resumable upload: half of the input says what it is (length and metadata), the rest is sent. */
async function tusTarget(): Promise<Target> {
  const web = await startTestWeb()
  const headers = { ...await web.bearer('operator'), 'tus-resumable': '1.0.0' }
  const said = (input: Buffer): string => input.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '').slice(0, 2000)
  const ask = async (url: string, request: RequestInit): Promise<Response> => {
    const answer = await fetch(url, request)
    await answer.arrayBuffer()
    if (answer.status === 500) throw new Error(`tus ${request.method} answered 500`)
    return answer
  }
  return {
    seeds: [Buffer.from('filename ZXllLmpwZw==,laterality TA=='), Buffer.from('60,filename eA==,visit djE='), Buffer.from('99999999999999999999'), ...multipartSeeds()],
    async feed(input) {
      const [first = '', ...rest] = said(input.subarray(0, input.length >> 1)).split(',')
      const body = input.subarray(input.length >> 1)
      const length = /^\d+$/.test(first) ? first : String(body.length)
      const made = await ask(`${web.url}/api/v1/tus/`, { method: 'POST', headers: { ...headers, 'upload-length': length, 'upload-metadata': rest.join(',') || first } })
      const place = made.headers.get('location')
      if (made.status !== 201 || !place) return
      await ask(new URL(place, web.url).href, { method: 'PATCH', body: new Uint8Array(body), headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' } })
    },
    close: async () => { await web[Symbol.asyncDispose]() }
  }
}

export const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  'dicom-file': async () => ({ seeds: dicomSeeds(), feed: feedFile }),
  pictures: async () => ({ seeds: await pictureSeeds(), feed: feedFile }),
  'serial-frames': async () => ({ seeds: frameSeeds(), feed: feedFrames }),
  documents: async () => ({ seeds: documentSeeds(), feed: async (input) => { parseDocument(input.toString()); parseJournal(input.toString()) } }),
  'dicom-network': pduTarget,
  'dicom-answers': async () => ({ seeds: answerSeeds(), feed: feedAnswers }),
  'dicom-peers': oddPeers,
  'dicom-reports': () => Promise.resolve(oddReports()),
  'stow-bodies': () => Promise.resolve(stowBodies()),
  'stow-answers': () => Promise.resolve(stowAnswers()),
  receipts: () => Promise.resolve(receipts()),
  bundles: () => Promise.resolve(bundles()),
  'site-files': () => Promise.resolve(siteFiles()),
  tus: tusTarget,
  forms: () => webTarget(formSeeds(), ['/login', '/setup', '/language', '/patients/new', '/system/clock', '/studies/20260301-0123ABCD/review'], 'application/x-www-form-urlencoded'),
  json: () => webTarget(jsonSeeds(), ['/api/v1/patients', '/api/v1/patients/search', '/api/v1/studies/20260301-0123ABCD/review', '/api/v1/studies/20260301-0123ABCD/attach'], 'application/json'),
  multipart: () => webTarget(multipartSeeds(), ['/api/v1/uploads'], `multipart/form-data; boundary=${BOUNDARY}`)
}
