import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from './appliance.js'
import { peerPath } from './peers.js'

export type Instance = { readonly uid: string; readonly sopClass: string; readonly id: string }

export type RunningOrthanc = {
  readonly dicomPort: number
  readonly folder: string
  /** Of its REST API and plugins. */
  readonly url: string
  output(): string
  rest<T>(path: string): Promise<T>
  /** The data set's file as it is stored. */
  file(id: string): Promise<Buffer>
  instances(): Promise<Instance[]>
  stop(): Promise<void>
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

export type OrthancOptions = { readonly folder?: string; readonly dicomPort?: number; /** Where the appliance receives: storage commitment is reported there. */ readonly appliancePort: number; /** More of its configuration. */ readonly configuration?: Record<string, unknown>; /** In a network namespace, and at which address it is asked there. */ readonly at?: { readonly namespace: string; readonly host: string }; /** `user:password` where the configuration asks for it. */ readonly credentials?: string }

/** A PACS of one test: its own ports and storage, and it reports storage commitment to the appliance. */
export async function startOrthanc(options: OrthancOptions): Promise<RunningOrthanc> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'orthanc-')))
  const [dicomPort, httpPort] = [options.dicomPort ?? (await freePort()), await freePort()]
  await mkdir(join(folder, 'db'), { recursive: true })
  await writeFile(join(folder, 'orthanc.json'), JSON.stringify({
    Name: 'test', StorageDirectory: join(folder, 'db'), IndexDirectory: join(folder, 'db'), Plugins: [],
    HttpPort: httpPort, RemoteAccessAllowed: options.at !== undefined, AuthenticationEnabled: false, DicomPort: dicomPort, DicomAet: 'ORTHANC', DicomCheckCalledAet: false,
    DicomModalities: { screenpost: { AET: 'SCREENPOST', Host: '127.0.0.1', Port: options.appliancePort, AllowStorageCommitment: true } },
    ...options.configuration
  }))
  const wrapped = options.at ? ['ip', 'netns', 'exec', options.at.namespace] : []
  const [program = '', ...args] = [...wrapped, peerPath('Orthanc')!, join(folder, 'orthanc.json')]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const base = `http://${options.at?.host ?? '127.0.0.1'}:${httpPort}`
  const headers = options.credentials ? { authorization: `Basic ${Buffer.from(options.credentials).toString('base64')}` } : undefined
  const get = (path: string): Promise<Response> => fetch(`${base}${path}`, { headers })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await waitFor(async () => (await get('/system').catch(() => undefined))?.ok || undefined, { timeoutMs: 30_000, hint: () => output, stopWhen: () => child.exitCode !== null })
  const rest = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T
  return {
    dicomPort, folder, rest, url: base, output: () => output,
    file: async (id) => Buffer.from(await (await get(`/instances/${id}/file`)).arrayBuffer()),
    async instances() {
      const ids = await rest<string[]>('/instances')
      return Promise.all(ids.map(async (id) => {
        const header = await rest<{ MainDicomTags: { SOPInstanceUID: string } }>(`/instances/${id}`)
        const sopClass = await (await get(`/instances/${id}/metadata/SopClassUid`)).text()
        return { id, uid: header.MainDicomTags.SOPInstanceUID, sopClass }
      }))
    },
    async stop() {
      child.kill('SIGTERM')
      await exited
    }
  }
}

export const removeOrthanc = ({ folder }: Pick<RunningOrthanc, 'folder'>): Promise<void> => rm(folder, { recursive: true, force: true })
