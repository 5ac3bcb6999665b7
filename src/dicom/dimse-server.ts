import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import dimse from 'dcmjs-dimse'
import type { Log } from '../platform/log.js'
import { events } from './log-events.js'
import { PduGuard } from './pdu-guard.js'
import { silenceDicomLibraries } from './quiet.js'
import { StoreScp, type ReceivedObject } from './store-scp.js'
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
  readonly log: Log
  /** Resolves with the DIMSE status to answer, 0 only when the object is durable. What is left at `path` is removed afterwards. */
  store(object: ReceivedObject): Promise<number>
}

export type DimseServer = { readonly port: number; close(): Promise<void> }

const CLOSE_GRACE_MS = 5_000

/**
 * C-ECHO and C-STORE for every storage class and transfer syntax in `uids.ts`, any called AE title (a technician
 * mistypes it; the network is the clinic's own). Rejects only when it cannot listen; nothing a peer sends throws.
 */
export async function startDimseServer(options: DimseServerOptions): Promise<DimseServer> {
  silenceDicomLibraries()
  dimse.Implementation.setImplementationClassUid(IMPLEMENTATION_CLASS_UID)
  dimse.Implementation.setImplementationVersion(IMPLEMENTATION_VERSION)
  const open = new Map<Socket, StoreScp>()
  const host = {
    spoolFolder: options.spoolFolder, maxObjectBytes: options.maxObjectBytes ?? 2 ** 31, log: options.log,
    admits: () => open.size <= options.maxAssociations, store: (object: ReceivedObject) => options.store(object)
  }
  const server = createServer((socket) => {
    guard(socket)
    open.set(socket, new StoreScp(socket, host))
    socket.on('close', () => open.delete(socket))
  })
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  events.listening(options.log, { host: options.host, port, aeTitle: options.aeTitle })
  return { port, close: () => closeServer(server, open) }
}

/** Registered before the library's own listener, so that it sees each chunk first. */
function guard(socket: Socket): void {
  const pdus = new PduGuard()
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  socket.on('data', (chunk) => {
    if (!pdus.accepts(chunk)) socket.destroy(new Error('a PDU announced more than 1 MB'))
  })
}

function listen(server: Server, { host, port }: DimseServerOptions): Promise<void> {
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
async function closeServer(server: Server, open: ReadonlyMap<Socket, StoreScp>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  let timer: NodeJS.Timeout | undefined
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_GRACE_MS)
  })
  await Promise.race([Promise.allSettled([...open.values()].map((scp) => scp.settled())), grace])
  clearTimeout(timer)
  for (const socket of open.keys()) socket.destroySoon()
  setTimeout(() => [...open.keys()].forEach((socket) => socket.destroy()), 200).unref()
  await closed
}
