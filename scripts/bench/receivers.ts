import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { freePort, listening, start, stop, until } from './processes.js'

/** Somebody who takes C-STORE on this machine. */
export type Receiver = { readonly name: string; readonly aeTitle: string; readonly port: number; stop(): Promise<void> }

const installed = (program: string): boolean => spawnSync('which', [program]).status === 0

/** @throws Error that says what brings the program, when it is not installed */
export function requireProgram(program: string): void {
  if (!installed(program)) throw new Error(`${program} is not installed; scripts/test-peers.sh brings it.`)
}

/** DCMTK's storescp; undefined where it is not installed. It does not fsync what it acknowledges, and without `--fork` serves one association at a time. */
export async function startStorescp(folder: string, more: readonly string[] = []): Promise<Receiver | undefined> {
  if (!installed('storescp')) return undefined
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const { child } = start('storescp', [...more, '--output-directory', folder, '--aetitle', 'STORESCP', String(port)])
  await until('storescp listening', () => listening(port))
  return { name: 'DCMTK storescp', aeTitle: 'STORESCP', port, stop: () => stop(child) }
}

/** Orthanc as it comes, in an empty folder; undefined where it is not installed. */
export async function startOrthanc(folder: string): Promise<Receiver | undefined> {
  if (!installed('Orthanc')) return undefined
  await mkdir(folder, { recursive: true })
  const [port, httpPort] = [await freePort(), await freePort()]
  const file = join(folder, 'orthanc.json')
  await writeFile(file, JSON.stringify({
    StorageDirectory: join(folder, 'db'), IndexDirectory: join(folder, 'db'), DicomPort: port, HttpPort: httpPort, DicomAet: 'ORTHANC',
    Plugins: [], RemoteAccessAllowed: false
  }))
  const { child } = start('Orthanc', [file])
  await until('Orthanc listening', () => listening(port))
  return { name: 'Orthanc', aeTitle: 'ORTHANC', port, stop: () => stop(child) }
}
