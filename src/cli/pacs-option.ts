import { readFile } from 'node:fs/promises'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { dicomTransport } from '../uplink/transports/dicom.js'
import { dicomwebTransport } from '../uplink/transports/dicomweb/dicomweb.js'
import type { Confirmation, Transport, TransportHost, TransportKind } from '../uplink/transports/transport.js'
import { UsageError } from './host.js'

export type PacsOption = { readonly pacs?: string | undefined; readonly pacsOptions?: string | undefined; readonly aeTitle: string }
type OpenPacs = (heard: (report: Confirmation) => void) => Transport

/** The PACS of `--pacs`, to be opened by the relay. Throws `UsageError` in words. */
export async function pacsOf({ pacs, pacsOptions, aeTitle }: PacsOption, host: Omit<TransportHost, 'confirmed'>): Promise<OpenPacs> {
  if (pacs === undefined) throw new UsageError('Say where the PACS is: --pacs AET@HOST:PORT, or --pacs https://HOST/dicom-web.')
  const more = pacsOptions === undefined ? {} : await jsonOf(pacsOptions)
  const node = /^([^@]{1,16})@(.+):(\d{1,5})$/.exec(pacs)
  const defaults = { callingAeTitle: aeTitle }
  if (node) return opener(dicomTransport, dicomTransport.parseOptions({ ...more, aeTitle: node[1], host: node[2], port: Number(node[3]) }, defaults), host)
  return opener(dicomwebTransport, dicomwebTransport.parseOptions({ ...more, url: pacs }, defaults), host)
}

function opener<Options>(kind: TransportKind<Options>, options: Result<Options, Problem[]>, host: Omit<TransportHost, 'confirmed'>): OpenPacs {
  if (!options.ok) throw new UsageError(`The PACS is not described well: ${options.error.map(({ path, message }) => `${path ?? 'pacs'}: ${message}`).join('; ')}.`)
  return (confirmed) => kind.open(options.value, { ...host, confirmed })
}

/** A file with more options. Throws `UsageError` in words. */
export async function jsonOf(path: string, hint = 'Give a file like {"tls": {"ca": "/etc/pacs-ca.pem"}}.'): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  } catch {
    throw new UsageError(`${path} can not be read as JSON. ${hint}`)
  }
}
