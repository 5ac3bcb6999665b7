import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import dimse from 'dcmjs-dimse'
import type { WorklistItem, WorklistQuery } from '../domain/worklist.js'
import type { Log } from '../platform/log.js'
import { boundDicomReading } from './bounded-reading.js'
import type { CommitmentReport } from './commitment.js'
import { events } from './log-events.js'
import type { ReportedStep } from './performed-step.js'
import { PduGuard } from './pdu-guard.js'
import { silenceDicomLibraries } from './quiet.js'
import { StoreScp, type ReceivedObject, type Refusal, type ScpHost } from './store-scp.js'
import { bcp195, type TlsIdentity } from './tls-profile.js'
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION } from './uids.js'

export type DimseServerOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly aeTitle: string
  readonly maxAssociations: number
  /** An existing folder on the store's disk. */
  readonly spoolFolder: string
  /** Largest object taken, in bytes; 2 GiB by default. */
  readonly maxObjectBytes?: number
  /** Calling AE titles that may associate, exactly as sent; every one when absent. */
  readonly allowedAeTitles?: readonly string[]
  /** An association without a byte in either direction for so long is ended, however slow its bytes come otherwise; 10 minutes by default. */
  readonly idleTimeoutMs?: number
  /** A connection that has not asked for an association (or finished its TLS handshake) by then is dropped; 60 s by default. */
  readonly associationTimeoutMs?: number
  /** A second, encrypted port beside the plain one. */
  readonly tls?: TlsIdentity & { readonly port: number }
  readonly log: Log
  /** The modality worklist; absent: neither it nor performed procedure steps are offered. */
  findWorklist?(query: WorklistQuery): Promise<readonly WorklistItem[]>
  /** A device says that a step began or ended; it is answered when this resolved. */
  reportStep?(step: ReportedStep): Promise<void>
  /** Called for each sender that is turned away, so that a person can be told why. */
  refused?(refusal: Refusal): void
  /** Called with the calling AE title of each sender that was let in. */
  admitted?(calling: string): void
  /** Called when an object begins to come; what it gives comes back as `ReceivedObject.began`. */
  began?(calling: string): unknown
  /** Whether so many bytes may be written; absent: found out by writing. */
  hasRoomFor?(bytes: number): Promise<boolean>
  /** Resolves with the DIMSE status to answer, 0 only when the object is durable. What is left at `path` is removed afterwards. */
  store(object: ReceivedObject): Promise<number>
  /** A peer reports what it commits to keep. */
  committed?(report: CommitmentReport): void
}

export type DimseServer = { readonly port: number; readonly tlsPort?: number; close(): Promise<void> }

const CLOSE_GRACE_MS = 5_000
const IDLE_TIMEOUT_MS = 10 * 60_000
const ASSOCIATION_TIMEOUT_MS = 60_000

/**
 * C-ECHO and C-STORE for every storage class and transfer syntax in `uids.ts`, any called AE title (a technician
 * mistypes it; the network is the clinic's own). Rejects only when it cannot listen; nothing a peer sends throws.
 */
export async function startDimseServer(options: DimseServerOptions): Promise<DimseServer> {
  silenceDicomLibraries()
  boundDicomReading()
  dimse.Implementation.setImplementationClassUid(IMPLEMENTATION_CLASS_UID)
  dimse.Implementation.setImplementationVersion(IMPLEMENTATION_VERSION)
  const open: Connections = { raw: new Set(), scps: new Map(), associated: new Set() }
  const host = hostOf(options, open)
  const plain = createServer((socket) => serve(socket, host, open))
  const servers = [plain]
  await listen(plain, options)
  const { port } = plain.address() as AddressInfo
  const tlsPort = options.tls && await listenTls(options, host, { open, servers })
  events.listening(options.log, { host: options.host, port, aeTitle: options.aeTitle, ...(tlsPort === undefined ? {} : { tlsPort }) })
  return { port, ...(tlsPort === undefined ? {} : { tlsPort }), close: () => closeServers(servers, open) }
}

/** `raw` holds connections that are still shaking hands too. */
type Connections = { readonly raw: Set<Socket>; readonly scps: Map<Socket, StoreScp>; /** Whose association was let in. */ readonly associated: Set<Socket> }
/** Connections of one machine that have not asked for an association yet. */
const MOST_HALF_OPEN = 64
const MOST_CONNECTIONS = 1024

function hostOf(options: DimseServerOptions, open: Connections): ScpHost {
  return {
    spoolFolder: options.spoolFolder, maxObjectBytes: options.maxObjectBytes ?? 2 ** 31, log: options.log,
    timeouts: { idleMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS, associationMs: options.associationTimeoutMs ?? ASSOCIATION_TIMEOUT_MS },
    admits: (calling) => {
      if (options.allowedAeTitles && !options.allowedAeTitles.includes(calling)) return 'unknown-ae-title'
      return open.associated.size < options.maxAssociations ? undefined : 'too-many-associations'
    },
    refused: (refusal) => options.refused?.(refusal), admitted: (calling) => options.admitted?.(calling), began: (calling) => options.began?.(calling),
    store: (object) => options.store(object),
    findWorklist: options.findWorklist, reportStep: options.reportStep, hasRoomFor: options.hasRoomFor,
    committed: (report) => options.committed?.(report)
  }
}

/** Who opens connections and asks for nothing keeps nobody else out: half-open ones do not count as associations, and one machine has few of them. */
function serve(socket: Socket, host: ScpHost, { raw, scps, associated }: Connections): void {
  const { remoteAddress } = socket
  const halfOpen = [...scps.keys()].filter((each) => each.remoteAddress === remoteAddress && !associated.has(each)).length
  if (halfOpen >= MOST_HALF_OPEN) {
    socket.destroy()
    return
  }
  guard(socket)
  raw.add(socket)
  scps.set(socket, new StoreScp(socket, { ...host, admitted: (calling) => { associated.add(socket); host.admitted?.(calling) } }))
  socket.on('close', () => {
    raw.delete(socket)
    scps.delete(socket)
    associated.delete(socket)
  })
}

async function listenTls(options: DimseServerOptions, host: ScpHost, { open, servers }: { open: Connections; servers: Server[] }): Promise<number> {
  const { tls, associationTimeoutMs = ASSOCIATION_TIMEOUT_MS } = options
  const profile: TlsOptions = { ...bcp195(tls as TlsIdentity), handshakeTimeout: associationTimeoutMs }
  try {
    const server = createTlsServer(profile, (socket) => serve(socket, host, open))
    server.on('connection', (socket: Socket) => {
      open.raw.add(socket)
      socket.on('close', () => open.raw.delete(socket))
    })
    server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
      events.associationRefused(options.log, { calling: '', reason: `TLS: ${error.code ?? 'handshake failed'}` })
      host.refused({ calling: '', reason: 'tls-failed' })
    })
    servers.push(server)
    await listen(server, { ...options, port: tls?.port ?? 0 })
    return (server.address() as AddressInfo).port
  } catch (error) {
    await closeServers(servers.filter((server) => server.listening), open)
    throw error
  }
}

/** Registered before the library's own listener, so that it sees each chunk first. */
function guard(socket: Socket): void {
  const pdus = new PduGuard()
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  socket.on('data', (chunk) => {
    if (!pdus.accepts(chunk)) socket.destroy(new Error('a PDU or a message is larger than it may be'))
  })
}

function listen(server: Server, { host, port }: Pick<DimseServerOptions, 'host' | 'port'>): Promise<void> {
  server.maxConnections = MOST_CONNECTIONS
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      server.on('error', () => undefined)
      resolve()
    })
  })
}

/** Takes no new association, lets objects that arrived whole get their answer, then hangs up. */
async function closeServers(servers: readonly Server[], { raw, scps }: Connections): Promise<void> {
  const closed = Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
  let timer: NodeJS.Timeout | undefined
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_GRACE_MS)
  })
  await Promise.race([Promise.allSettled([...scps.values()].map((scp) => scp.settled())), grace])
  clearTimeout(timer)
  for (const socket of scps.keys()) socket.destroySoon()
  setTimeout(() => [...raw].forEach((socket) => socket.destroy()), 200).unref()
  await closed
}
