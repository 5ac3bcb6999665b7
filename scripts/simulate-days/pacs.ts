import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, listening, start, stop, until } from '../bench/processes.js'

export type Pacs = { readonly port: number; restart(): Promise<void>; instances(): Promise<string[]>; close(): Promise<void> }

/** Orthanc with storage commitment, which it reports to `appliancePort`. @throws Error when it is not installed */
export async function startPacs(folder: string, appliancePort: number): Promise<Pacs> {
  await mkdir(join(folder, 'db'), { recursive: true })
  const [port, httpPort] = [await freePort(), await freePort()]
  const file = join(folder, 'orthanc.json')
  await writeFile(file, JSON.stringify({
    StorageDirectory: join(folder, 'db'), IndexDirectory: join(folder, 'db'), DicomPort: port, HttpPort: httpPort, DicomAet: 'ORTHANC', DicomCheckCalledAet: false,
    Plugins: [], RemoteAccessAllowed: false, AuthenticationEnabled: false,
    DicomModalities: { screenpost: { AET: 'SCREENPOST', Host: '127.0.0.1', Port: appliancePort, AllowStorageCommitment: true } }
  }))
  const boot = async () => {
    const { child, output } = start('Orthanc', [file])
    await until(`Orthanc listening (${output().slice(-300)})`, () => listening(port))
    return child
  }
  let child = await boot()
  const rest = async <T>(path: string): Promise<T> => (await (await fetch(`http://127.0.0.1:${httpPort}${path}`)).json()) as T
  return {
    port,
    async restart() {
      await stop(child)
      child = await boot()
    },
    async instances() {
      const found = await rest<{ readonly MainDicomTags: { readonly SOPInstanceUID: string } }[]>('/instances?expand')
      return found.map((one) => one.MainDicomTags.SOPInstanceUID)
    },
    close: () => stop(child)
  }
}
