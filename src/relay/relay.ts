import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startDimseServer } from '../dicom/dimse-server.js'
import { STATUS } from '../dicom/status.js'
import { bcp195, type TlsIdentity } from '../dicom/tls-profile.js'
import type { Clock } from '../platform/clock.js'
import { emptyFolder, makeDirectoryDurable } from '../platform/durable-fs.js'
import type { Log } from '../platform/log.js'
import { parseJson, questionShape } from '../uplink/transports/relay/receipt.js'
import type { Confirmation, Transport } from '../uplink/transports/transport.js'
import { Clinics } from './clinics.js'
import { Handover, type Pace } from './handover.js'
import { relayLog, type RelayLog } from './log-events.js'
import { RelayHeartbeats } from './heartbeats.js'
import { ObjectStore } from './object-store.js'
import { receiptOf } from './relayed-object.js'
import type { RemoteWrite } from './remote-write.js'
import { createUploads, UPLOADS_PATH, type Uploads } from './uploads.js'

export type RelayOptions = {
  readonly dataFolder: string
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tls?: TlsIdentity
  /** Given what hears of commitments, opens the way to the PACS. */
  openPacs(heard: (report: Confirmation) => void): Transport
  /** Where the PACS reports storage commitment on associations of its own. */
  readonly dicom?: { readonly port: number; readonly aeTitle: string }
  readonly clock: Clock
  readonly log: Log
  readonly pace?: Pace
  readonly answerWithinMs?: number
  /** Takes the boxes' heartbeats; absent: the relay takes none. */
  readonly heartbeats?: RemoteWrite
  readonly reserveBytes?: number
}
export type Relay = AsyncDisposable & { readonly url: string; readonly dicomPort?: number; readonly clinics: Clinics; readonly store: ObjectStore; readonly handover: Handover; readonly dataFolder: string }

const RESERVE_BYTES = 256 * 1024 * 1024
const MOST_OBJECT_BYTES = 2 ** 31
const MOST_QUESTION_BYTES = 64 * 1024
const SILENCE_MS = 5 * 60_000
const HEADERS_MS = 60_000

/** What runs beside the central PACS: takes objects from clinics over any link, hands them to the PACS, and says how each stands (docs/relay.md). */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { dataFolder, clock } = options
  const log = relayLog(options.log)
  const stop = new AbortController()
  await makeDirectoryDurable(dataFolder)
  const store = await ObjectStore.open(join(dataFolder, 'objects'))
  const clinics = await Clinics.open(join(dataFolder, 'clinics.json'))
  let hear: (report: Confirmation) => void = () => undefined
  const pacs = options.openPacs((report) => hear(report))
  const handover = new Handover({ store, pacs, clock, log, signal: stop.signal, ...(options.pace ? { pace: options.pace } : {}) })
  hear = (report) => { handover.take(report).catch((error: unknown) => log.failed('commitment report', error)) }
  const dicomPort = options.dicom && await listenForReports(options, hear)
  const uploads = await createUploads({
    folder: join(dataFolder, 'uploads'), store, handover, clock, log, mostObjectBytes: MOST_OBJECT_BYTES,
    answerWithinMs: options.answerWithinMs ?? 2_000, reserveBytes: options.reserveBytes ?? RESERVE_BYTES
  })
  const heartbeats = options.heartbeats && new RelayHeartbeats({ to: options.heartbeats, clock, log, signal: stop.signal })
  const server = serve(options, { store, clinics, uploads, handover, log, heartbeats })
  const port = await listen(server, options)
  const running = handover.run()
  const url = `${options.tls ? 'https' : 'http'}://${options.host}:${port}`
  log.listening({ url, pacs: pacs.address, ...(dicomPort ? { dicomPort: dicomPort.port } : {}) })
  return {
    url, clinics, store, handover, dataFolder, ...(dicomPort ? { dicomPort: dicomPort.port } : {}),
    async [Symbol.asyncDispose]() {
      stop.abort()
      handover.wake()
      uploads.close()
      server.close()
      server.closeAllConnections()
      await dicomPort?.close()
      await running
      await heartbeats?.finished()
      options.heartbeats?.close()
    }
  }
}

/** A DICOM port that takes reports and echoes, and no object. */
async function listenForReports({ dataFolder, host, dicom, log }: RelayOptions, hear: (report: Confirmation) => void) {
  const spoolFolder = join(dataFolder, 'spool')
  await makeDirectoryDurable(spoolFolder)
  await emptyFolder(spoolFolder)
  return startDimseServer({
    host, port: dicom!.port, aeTitle: dicom!.aeTitle, maxAssociations: 8, spoolFolder, log, maxObjectBytes: 0,
    store: () => Promise.resolve(STATUS.sopClassNotSupported),
    committed: ({ committed, failed }) => hear({ committed, missing: failed, proof: 'commitment' })
  })
}

type Parts = { readonly store: ObjectStore; readonly clinics: Clinics; readonly uploads: Uploads; readonly handover: Handover; readonly log: RelayLog; readonly heartbeats: RelayHeartbeats | undefined }

function serve({ tls }: RelayOptions, parts: Parts): Server {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    route(request, response, parts).catch((error: unknown) => {
      parts.log.failed('request', error)
      if (!response.headersSent) say(response, 500, { error: { code: 'failed', message: 'The relay could not answer. Look into its log.' } })
    })
  }
  const server = tls ? createSecureServer({ ...bcp195(tls), ...(tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false }) }, answer) : createServer(answer)
  // An upload takes hours on a slow link; only silence ends it.
  server.requestTimeout = 0
  server.headersTimeout = HEADERS_MS
  server.keepAliveTimeout = 120_000
  server.setTimeout(SILENCE_MS)
  return server
}

async function route(request: IncomingMessage, response: ServerResponse, { store, clinics, uploads, handover, log, heartbeats }: Parts): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const clinic = await clinics.of(request)
  if (clinic === undefined) {
    log.stranger(request.headers.authorization === undefined ? 'no-token' : 'unknown-token')
    request.resume()
    return say(response, 401, { error: { code: 'not-authorised', message: 'The relay does not know this token or certificate. Have the centre make one: screenpost receive --add-clinic NAME.' } })
  }
  if (path === UPLOADS_PATH || path.startsWith(`${UPLOADS_PATH}/`)) return uploads.handle(request, response, clinic)
  if (path === '/status' && request.method === 'GET') return say(response, 200, { ok: true, pacs: handover.isUp, held: store.all('held').length })
  if (path === '/receipts' && request.method === 'POST') {
    const question = parseJson(questionShape, await bodyOf(request))
    if (!question) return say(response, 400, { error: { code: 'bad-question', message: 'Expected {"sopInstanceUids": [...]} with at most 500 UIDs.' } })
    return say(response, 200, { receipts: question.sopInstanceUids.flatMap((uid) => store.find(clinic, uid) ?? []).map(receiptOf) })
  }
  if (path === '/heartbeat' && request.method === 'POST' && heartbeats) {
    if (heartbeats.take(clinic, await bodyOf(request))) return void response.writeHead(204).end()
    return say(response, 400, { error: { code: 'bad-heartbeat', message: 'Expected a heartbeat of less than 1 KB. Update the appliance, or the relay.' } })
  }
  request.resume()
  return say(response, 404, { error: { code: 'not-found', message: 'The relay answers /objects, /receipts and /status, and /heartbeat when it was started with --remote-write.' } })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > MOST_QUESTION_BYTES) return ''
    parts.push(chunk as Buffer)
  }
  return Buffer.concat(parts).toString('utf8')
}

function say(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}

function listen(server: Server, { host, port }: RelayOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
