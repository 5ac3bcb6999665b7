import { open, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createLog } from '../platform/log.js'
import { systemClock } from '../platform/clock.js'
import { importStick, isSettled, writeReceipts, type ImportParts, type ImportedExport } from '../relay/import-stick.js'
import { startRelay } from '../relay/relay.js'
import { newIdentity, recipientOf } from '../uplink/transports/folder/seal.js'
import type { CliHost } from './host.js'
import { UsageError } from './host.js'
import { interruptible } from './labelled-set.js'
import { amount } from './option-values.js'
import { lockRelay, relayOptions, type ReceiveOptions } from './receive-options.js'

const POLL_MS = 200
const RESERVE_BYTES = 256 * 1024 * 1024

/** A key pair of the centre: the secret into a file that only this user reads, the public one to the terminal. */
export async function makeIdentity(host: CliHost, path: string): Promise<void> {
  if (await readFile(path).then(() => true, () => false)) throw new UsageError(`${path} is there already. A new key could not open what was encrypted to it; choose another name.`)
  const identity = await newIdentity()
  const file = await open(resolve(path), 'wx', 0o600)
  await file.writeFile(`${identity}\n`)
  await file.sync()
  await file.close()
  host.stdout.write(`${await recipientOf(identity)}\n`)
}

/** Takes a stick into the relay, hands its objects to the PACS, waits for that a while and writes receipts onto the stick. */
export async function receiveStick(host: CliHost, options: ReceiveOptions & { import: string }): Promise<number> {
  const waitMs = amount('--wait', options.wait, 'a unit: seconds are meant') * 1000
  const identity = await identityOf(options.identity)
  const unlock = await lockRelay(host, options.data)
  try {
    return await interruptible(host, (signal) => takeStick(host, { ...options, identity, signal, waitMs }))
  } finally {
    await unlock()
  }
}

/** As shells report Ctrl-C. */
const INTERRUPTED = 130

/** Says on the way how far it is. Ctrl-C ends it after the object in hand, with receipts for what was taken; the next import goes on. */
async function takeStick(host: CliHost, { identity, signal, waitMs, ...options }: ReceiveOptions & { import: string; identity: string; signal: AbortSignal; waitMs: number }): Promise<number> {
  const log = createLog({ level: 'warn', destination: host.stderr })
  await using relay = await startRelay({ ...(await relayOptions(host, { ...options, host: '127.0.0.1', port: '0' }, log)) })
  const parts = { store: relay.store, clock: systemClock, spoolFolder: join(relay.dataFolder, 'import'), identity, reserveBytes: RESERVE_BYTES, signal, progress: sayProgress(host) }
  const imported = await importStick(resolve(options.import), parts)
  if (imported.length === 0) throw new UsageError(`${options.import} has no export of an appliance on it. Look whether this is the right stick.`)
  const deadline = performance.now() + waitMs
  while (!signal.aborted && !isSettled(imported, relay.store) && performance.now() < deadline) await new Promise((next) => setTimeout(next, POLL_MS))
  let whole = true
  for (const one of imported) {
    const receipts = (await writeReceipts(one, parts))?.receipts ?? []
    whole &&= one.problems.length === 0 && receipts.every(({ state }) => state === 'committed')
    host.stdout.write(lineOf(one, receipts))
  }
  if (signal.aborted) return INTERRUPTED
  return whole ? 0 : 1
}

/** At most one line a second, and the last one. */
function sayProgress(host: CliHost): NonNullable<ImportParts['progress']> {
  let saidMs = -Infinity
  return ({ exportId, done, of }) => {
    if (done < of && performance.now() - saidMs < 1000) return
    saidMs = performance.now()
    host.stderr.write(`${exportId.slice(0, 8)}: ${done} of ${of} objects read from the stick\n`)
  }
}

function lineOf({ manifest, taken, known, problems }: ImportedExport, receipts: readonly { readonly state: string }[]): string {
  const count = (...states: string[]): number => receipts.filter(({ state }) => states.includes(state)).length
  const who = manifest ? `${manifest.clinic} ${manifest.exportId.slice(0, 8)}` : 'an export'
  return `${who}: taken ${taken}, known ${known}, committed ${count('committed')}, held ${count('held-by-relay', 'accepted')}, refused ${count('refused')}\n${problems.map((one) => `  ${one}\n`).join('')}`
}

async function identityOf(path: string | undefined): Promise<string> {
  if (path === undefined) throw new UsageError('Give the centre\'s secret key: --identity FILE. A new pair is made by `screenpost receive --new-identity FILE`.')
  const text = await readFile(path, 'utf8').catch(() => { throw new UsageError(`${path} can not be read. Give the file of the centre's secret key.`) })
  const identity = text.split('\n').map((line) => line.trim()).find((line) => line.startsWith('AGE-SECRET-KEY-'))
  if (identity === undefined) throw new UsageError(`${path} holds no age secret key (AGE-SECRET-KEY-1...).`)
  return identity
}
