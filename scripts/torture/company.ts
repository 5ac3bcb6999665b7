import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { RunningAppliance } from './appliance.js'
import type { Clinic, Ground } from './ground.js'
import type { Random } from './random.js'
import { fillInbox, watchInbox } from './traffic.js'
import type { Ledger } from './ledger.js'

const FILM_EVERY_S = 20
const CABLE_OUT_EVERY_MS = 45_000
const INBOX_WITHIN_MS = 60_000

/** The serial line that the site file of a soak names. */
export const serialLine = (clinicFolder: string): string => join(clinicFolder, 'digitizer-tty')

/** A digitizer whose line is noisy and whose cable falls out now and then, until it is ended. */
export function startDigitizer({ app }: Ground, { folder }: Clinic): { end(): Promise<void> } {
  const child = spawn(process.execPath, [join(app, 'dist/appliance/main.js'), 'simulate', 'digitizer', '--port', serialLine(folder), '--every', String(FILM_EVERY_S), '--corrupt', '0.002', '--unplug', String(CABLE_OUT_EVERY_MS)], { stdio: 'ignore' })
  const gone = new Promise<void>((resolve) => { child.once('exit', () => resolve()) })
  return { end: async () => { child.kill('SIGTERM'); await gone } }
}

/** A camera's files in the inbox: each that vanished was acknowledged. Those that are still there stay there. */
export async function cameraComes({ data }: Clinic, { random, acknowledged, isGone }: { random: Random; acknowledged: Set<string>; isGone: () => boolean }): Promise<void> {
  const ledger: Ledger = []
  const until = performance.now() + INBOX_WITHIN_MS
  await watchInbox(await fillInbox(join(data, 'inbox'), random, 3), { ledger, now: () => 0, until: () => isGone() || performance.now() > until })
  for (const each of ledger) if (each.kind === 'object') acknowledged.add(each.fingerprint)
}

/** Tablets that open the events and are never read from, and a modality that hangs up in the middle of its request; both are left like that for a while. */
export function rudeGuests({ url, dicomPort }: RunningAppliance, token: string, random: Random): void {
  const stay = 500 + random.below(20_000)
  const guest = (port: number, words: string | Buffer): void => {
    const socket = connect(port, '127.0.0.1', () => { socket.pause(); socket.write(words) })
    socket.on('error', () => undefined)
    setTimeout(() => socket.destroy(), stay).unref()
  }
  guest(Number(new URL(url).port), `GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`)
  guest(dicomPort, Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 205, 0, 1, 0, 0]), Buffer.alloc(random.below(150), 0x20)]))
}
