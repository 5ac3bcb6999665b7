import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { echo } from '../../src/dicom/dimse-client.js'
import { run, waitFor } from './appliance.js'
import { peerPath } from './peers.js'

/** An order of the centre; day as yyyymmdd. */
export type Order = { readonly id: string; readonly day: string; readonly study: string }

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})

/** As DCMTK's dump2dcm reads it. */
const dumpOf = ({ id, day, study }: Order): string => [
  '(0008,0005) CS [ISO_IR 192]', `(0008,0050) SH [ACC-${id}]`, '(0010,0010) PN [Phantom^Åsa]', `(0010,0020) LO [${id}]`, '(0010,0030) DA [19800203]', '(0010,0040) CS [F]',
  `(0020,000d) UI [${study}]`, '(0032,1060) LO [Chest film]', '(0040,1001) SH [R1]', '(0040,0100) SQ (Sequence with explicit length #=1)', '(fffe,e000) na (Item with explicit length #=6)',
  '(0008,0060) CS [DX]', '(0040,0001) AE [XRAY]', `(0040,0002) DA [${day}]`, '(0040,0003) TM [101500]', '(0040,0007) LO [Chest PA]', '(0040,0009) SH [S1]',
  '(fffe,e00d) na (ItemDelimitationItem)', '(fffe,e0dd) na (SequenceDelimitationItem)', ''
].join('\n')

/** DCMTK's worklist server as CENTRE with these orders; its files lie under `folder`. */
export async function startWorklistServer(folder: string, orders: readonly Order[]): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const list = join(folder, 'lists', 'CENTRE')
  await mkdir(list, { recursive: true })
  await writeFile(join(list, 'lockfile'), '')
  for (const order of orders) {
    await writeFile(join(folder, 'order.dump'), dumpOf(order))
    await run('dump2dcm', [join(folder, 'order.dump'), join(list, `${order.id}.wl`)])
  }
  const port = await freePort()
  const server = spawn(peerPath('wlmscpfs')!, ['-s', '-dfp', join(folder, 'lists'), String(port)], { stdio: 'ignore' })
  await waitFor(async () => ((await echo({ host: '127.0.0.1', port, calledAe: 'CENTRE', callingAe: 'TEST', timeoutMs: 1000 })).ok ? true : undefined), { timeoutMs: 20_000, hint: () => 'wlmscpfs does not answer' })
  const stop = (): Promise<void> => new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve()
    server.once('exit', () => resolve())
    server.kill('SIGKILL')
  })
  return { port, stop }
}
