import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { startRelay, type Relay, type RelayOptions } from '../../src/relay/relay.js'
import { dicomTransport } from '../../src/uplink/transports/dicom.js'
import { relayTransport } from '../../src/uplink/transports/relay/relay.js'
import type { Confirmation, Transport } from '../../src/uplink/transports/transport.js'
import { startFaultyScp, type FaultyScp } from '../fakes/faulty-scp.js'
import { transportHost } from '../uplink/transports/cargo.js'

export const QUICK = { retryBaseMs: 20, retryMaxMs: 200, gatherMs: 50, askAgainMs: 300 }

type Closers = (() => Promise<unknown>)[]

/** A relay with a PACS behind it that misbehaves as told, and clinics before it. */
export async function relayHouse(closers: Closers, first: Parameters<typeof startFaultyScp>[0] = {}) {
  const pacs = await startFaultyScp({ commitment: 'same-association', ...first })
  const dataFolder = await mkdtemp(join(tmpdir(), 'relay-'))
  closers.push(() => rm(dataFolder, { recursive: true, force: true }), () => pacs.close())
  const start = async (more: Partial<RelayOptions> = {}): Promise<Relay> => startRelay({
    dataFolder, host: '127.0.0.1', port: 0, openPacs: (heard) => pacsTransport(pacs, heard, dataFolder), clock: systemClock, log: silentLog, pace: QUICK, answerWithinMs: 1_000, reserveBytes: 0, ...more
  })
  const relay = await start()
  const token = await relay.clinics.add('hill')
  closers.push(async () => relay[Symbol.asyncDispose]())
  return { pacs, relay, start, token, dataFolder }
}

/** `stateFolder`: where it keeps what it asked to be committed, for this test alone. */
export function pacsTransport(pacs: Pick<FaultyScp, 'port'>, confirmed: (report: Confirmation) => void, stateFolder: string): Transport {
  return dicomTransport.open({ host: '127.0.0.1', port: pacs.port, aeTitle: 'PACS', callingAeTitle: 'RELAY' }, { clock: systemClock, stateFolder, confirmed })
}

export async function clinic(closers: Closers, raw: Record<string, unknown>, stateFolder?: string) {
  const parsed = relayTransport.parseOptions(raw, { callingAeTitle: 'X' })
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join())
  const host = await transportHost()
  closers.push(() => host.remove())
  return { host, transport: relayTransport.open(parsed.value, stateFolder === undefined ? host : { ...host, stateFolder }) }
}
