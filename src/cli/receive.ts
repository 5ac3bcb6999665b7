import { join } from 'node:path'
import type { Command } from 'commander'
import { makeDirectoryDurable } from '../platform/durable-fs.js'
import { createLog } from '../platform/log.js'
import { Clinics } from '../relay/clinics.js'
import { startRelay } from '../relay/relay.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, dataFolderOf } from './host.js'
import { makeIdentity, receiveStick } from './receive-import.js'
import { lockRelay, relayOptions, type ReceiveOptions } from './receive-options.js'

/** What runs beside the central PACS. Prints `ready relay=URL pacs=WHERE` once it accepts work, and closes cleanly on SIGTERM or SIGINT. */
export const addReceive: AddCommand = (program, host, setStatus) => {
  receiveCommand(program).action(async (options: ReceiveOptions) => {
    if (options.addClinic !== undefined) return addClinic(host, options, options.addClinic)
    if (options.newIdentity !== undefined) return makeIdentity(host, options.newIdentity)
    if (options.import !== undefined) return setStatus(await receiveStick(host, { ...options, import: options.import }))
    return setStatus(await receive(host, options))
  })
}

const receiveCommand = (program: Command): Command => program.command('receive')
  .description('the relay beside the central PACS: takes objects from appliances and hands them to the PACS (docs/relay.md)')
  .option('--data <dir>', 'folder of the relay')
  .option('--host <address>', 'address to listen on', '0.0.0.0')
  .option('--port <number>', 'port to listen on, 0 for any free one', '8444')
  .option('--pacs <where>', 'AET@HOST:PORT for C-STORE, or the url of a DICOMweb service')
  .option('--pacs-options <file>', 'JSON with more options of the PACS: tls, bearerFile, user, passwordFile')
  .option('--ae-title <title>', 'as whom the relay calls the PACS', 'SCREENPOSTRELAY')
  .option('--dicom-port <number>', 'port where the PACS reports storage commitment, 0 for any free one')
  .option('--remote-write <url>', 'where Prometheus takes the boxes\' heartbeats by remote write; without it the relay takes none')
  .option('--remote-write-options <file>', 'JSON with more options of it: bearerFile, user, passwordFile, tls')
  .option('--tls-cert <file>', 'certificate of the relay (PEM); without it the relay is not encrypted')
  .option('--tls-key <file>', 'its key (PEM)')
  .option('--clients-ca <file>', 'authority whose certificates let appliances in (PEM)')
  .option('--add-clinic <name>', 'make a token for an appliance, print it and end; works beside a running relay')
  .option('--new-identity <file>', 'make a key pair for sticks: the secret key into the file, the public one is printed')
  .option('--import <dir>', 'take a stick, hand it to the PACS, write receipts onto it and end')
  .option('--identity <file>', 'the centre\'s secret key (age), for --import')
  .option('--wait <seconds>', 'how long --import waits for the PACS', '120')

async function addClinic(host: CliHost, options: ReceiveOptions, name: string): Promise<void> {
  if (!/^[a-z0-9-]{1,32}$/.test(name)) throw new UsageError('A clinic has a name of lower-case letters, digits and hyphens, at most 32.')
  const folder = dataFolderOf(host, options.data)
  await makeDirectoryDurable(folder)
  host.stdout.write(`${await (await Clinics.open(join(folder, 'clinics.json'))).add(name)}\n`)
}

async function receive(host: CliHost, options: ReceiveOptions): Promise<number> {
  const unlock = await lockRelay(host, options.data)
  try {
    return await run(host, options)
  } finally {
    await unlock()
  }
}

async function run(host: CliHost, options: ReceiveOptions): Promise<number> {
  const log = createLog({ level: 'info', destination: host.stderr })
  const relay = await startRelay(await relayOptions(host, options, log)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new UsageError(`Port ${options.port} is in use. End what uses it, or choose another with --port.`)
    throw error
  })
  if (relay.clinics.count === 0 && options.clientsCa === undefined) host.stdout.write('nobody may send yet: make a token with `screenpost receive --add-clinic NAME`\n')
  host.stdout.write(`ready relay=${relay.url} pacs=${options.pacs ?? ''}${relay.dicomPort === undefined ? '' : ` dicom=${options.aeTitle}@${options.host}:${relay.dicomPort}`}\n`)
  await new Promise<void>((resolve) => {
    host.signals.once('SIGTERM', resolve)
    host.signals.once('SIGINT', resolve)
  })
  await relay[Symbol.asyncDispose]()
  return 0
}
