import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../platform/clock.js'
import { makeDirectoryDurable } from '../platform/durable-fs.js'
import { RemoteWrite } from '../relay/remote-write.js'
import { endpointProblems, endpointShape } from '../uplink/transports/http/endpoint.js'
import type { RelayOptions } from '../relay/relay.js'
import { FolderInUseError, lockFolder } from '../store/folder-lock.js'
import type { CliHost } from './host.js'
import { UsageError, dataFolderOf } from './host.js'
import { jsonOf, pacsOf } from './pacs-option.js'

export type ReceiveOptions = {
  data?: string; host: string; port: string; pacs?: string; pacsOptions?: string; aeTitle: string; dicomPort?: string
  remoteWrite?: string; remoteWriteOptions?: string; tlsCert?: string; tlsKey?: string; clientsCa?: string; addClinic?: string; import?: string; identity?: string; wait: string; newIdentity?: string
}

/** What the command's options make of the relay. Throws `UsageError` in words. */
export async function relayOptions(host: CliHost, options: ReceiveOptions, log: RelayOptions['log']): Promise<RelayOptions> {
  const dataFolder = dataFolderOf(host, options.data)
  const openPacs = await pacsOf(options, { stateFolder: join(dataFolder, 'pacs'), clock: systemClock })
  const { dicomPort, tlsCert, tlsKey, clientsCa } = options
  if ((tlsCert === undefined) !== (tlsKey === undefined) || (clientsCa !== undefined && tlsCert === undefined)) throw new UsageError('Give --tls-cert and --tls-key together; --clients-ca needs both.')
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined
    : { cert: await pem(tlsCert), key: await pem(tlsKey), ...(clientsCa === undefined ? {} : { ca: await pem(clientsCa) }) }
  const heartbeats = await remoteWriteOf(options)
  return {
    ...(heartbeats ? { heartbeats } : {}),
    dataFolder, host: options.host, port: portOf(options.port), openPacs, clock: systemClock, log, ...(tls ? { tls } : {}),
    ...(dicomPort === undefined ? {} : { dicom: { port: portOf(dicomPort), aeTitle: options.aeTitle } })
  }
}

async function remoteWriteOf({ remoteWrite, remoteWriteOptions }: ReceiveOptions): Promise<RemoteWrite | undefined> {
  if (remoteWrite === undefined && remoteWriteOptions !== undefined) throw new UsageError('--remote-write-options needs --remote-write URL.')
  if (remoteWrite === undefined) return undefined
  const more = remoteWriteOptions === undefined ? {} : await jsonOf(remoteWriteOptions)
  const parsed = endpointShape.strict().safeParse({ ...more, url: remoteWrite })
  const problems = parsed.success ? endpointProblems(parsed.data).map(({ path, message }) => `${path ?? ''}: ${message}`) : parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
  if (!parsed.success || problems.length > 0) throw new UsageError(`Remote write is not described well: ${problems.join('; ')}.`)
  return new RemoteWrite(parsed.data)
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new UsageError(`Expected a port from 0 to 65535; got ${text}.`)
}

async function pem(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => { throw new UsageError(`${path} can not be read. Give the path of a PEM file.`) })
}

/** One relay at a time in a folder: two would not know of each other's objects. Resolves with what gives it free. */
export async function lockRelay(host: CliHost, data: string | undefined): Promise<() => Promise<void>> {
  const folder = dataFolderOf(host, data)
  await makeDirectoryDurable(folder)
  return lockFolder(folder).catch((error: unknown) => {
    throw error instanceof FolderInUseError ? new UsageError('A relay runs on this data folder. End it first, or give another folder with --data.') : error
  })
}
