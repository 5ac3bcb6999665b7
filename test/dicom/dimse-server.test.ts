import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dataSetOffset, readFacts } from '../../src/dicom/codec.js'
import { echo } from '../../src/dicom/dimse-client.js'
import type { Arrival } from '../../src/domain/arrival.js'
import { startDimseServer, type DimseServer, type DimseServerOptions } from '../../src/dicom/dimse-server.js'
import { STATUS } from '../../src/dicom/status.js'
import { silentLog } from '../../src/platform/log.js'
import { makeAnyDicom } from '../generators/dicom-compressed.js'
import { SYNTAX, type DicomOptions } from '../generators/dicom.js'

const run = promisify(execFile)
const hasDcmtk = spawnSync('storescu', ['--version']).status === 0
if (!hasDcmtk && process.env.CI === 'true') throw new Error('storescu is missing: run scripts/test-peers.sh')

let folder: string
let server: DimseServer
let received: { bytes: Buffer; hashed?: Arrival['hashed']; sopClassUid: string; sopInstanceUid: string; transferSyntaxUid: string; callingAeTitle: string }[]

async function start(overrides: Partial<DimseServerOptions> = {}): Promise<void> {
  server = await startDimseServer({
    host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST', maxAssociations: 8, spoolFolder: join(folder), log: silentLog,
    store: async ({ path, ...rest }) => {
      received.push({ ...rest, bytes: await readFile(path) })
      return STATUS.success
    },
    ...overrides
  })
}

const spooled = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('dimse-'))

async function objectFile(options: DicomOptions, name = 'object.dcm'): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, await makeAnyDicom(options))
  return path
}

/** storescu's exit status and words. */
async function storescu(...args: string[]): Promise<{ status: number; text: string }> {
  try {
    const { stdout, stderr } = await run('storescu', ['-v', ...args.slice(0, -1), '127.0.0.1', String(server.port), args.at(-1) ?? ''])
    return { status: 0, text: stdout + stderr }
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string }
    return { status: failed.code, text: failed.stdout + failed.stderr }
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dimse-'))
  received = []
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('C-ECHO', () => {
  it('is answered', async () => {
    await start()
    expect(await echo({ host: '127.0.0.1', port: server.port, calledAe: 'SCREENPOST', callingAe: 'TEST', timeoutMs: 5000 })).toMatchObject({ ok: true })
  })

  it('says what to check where nobody listens', async () => {
    await start()
    await server.close()
    const result = await echo({ host: '127.0.0.1', port: server.port, calledAe: 'SCREENPOST', callingAe: 'TEST', timeoutMs: 2000 })
    expect(result).toMatchObject({ ok: false, error: { code: 'unreachable' } })
  })
})

describe('an echo to a peer', () => {
  it('that accepts the connection and never answers gives up in time', async () => {
    await start()
    const mute = createServer(() => undefined)
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    expect(await echo({ host: '127.0.0.1', port, calledAe: 'MUTE', callingAe: 'TEST', timeoutMs: 300 })).toMatchObject({ ok: false, error: { code: expect.stringMatching(/timeout|unreachable/) as string } })
    mute.close()
  })
})

describe.skipIf(!hasDcmtk)('C-STORE from DCMTK storescu (apt install dcmtk)', () => {
  it.each([
    ['explicit little endian', SYNTAX.explicit, '-xe'],
    ['implicit little endian', SYNTAX.implicit, '-xi'],
    ['explicit big endian', SYNTAX.big, '-xb'],
    ['deflated', SYNTAX.deflated, '-xd'],
    ['RLE', SYNTAX.rle, '-xr'],
    ['JPEG baseline', '1.2.840.10008.1.2.4.50', '-xy'],
    ['JPEG lossless', '1.2.840.10008.1.2.4.70', '-xs'],
    ['JPEG-LS', '1.2.840.10008.1.2.4.80', '-xt'],
    ['JPEG 2000', '1.2.840.10008.1.2.4.90', '-xv']
  ])('keeps the data set byte for byte in %s', async (_name, transferSyntax, flag) => {
    await start()
    const path = await objectFile({ transferSyntax, bitsAllocated: 8, columns: 640, rows: 480, sopInstanceUid: '2.25.77' })
    const sent = await readFile(path)
    expect((await storescu('-aet', 'PROBE', flag, path)).status).toBe(0)
    const got = received[0]
    expect(got).toMatchObject({ sopInstanceUid: '2.25.77', sopClassUid: '1.2.840.10008.5.1.4.1.1.1', callingAeTitle: 'PROBE', transferSyntaxUid: transferSyntax })
    const bytes = got?.bytes ?? Buffer.alloc(0)
    const offset = dataSetOffset(bytes)
    expect(got?.hashed).toEqual({ offset, hashes: { sha256: sha(bytes), fingerprint: sha(bytes.subarray(offset)), bytes: bytes.length } })
    // storescu writes the data set anew, which changes no byte of ours; deflating again may.
    if (transferSyntax !== SYNTAX.deflated) expect(sha(bytes.subarray(dataSetOffset(bytes)))).toBe(sha(sent.subarray(dataSetOffset(sent))))
    expect(readFacts(bytes)).toMatchObject({ ok: true, value: { transferSyntaxUid: transferSyntax, sopInstanceUid: '2.25.77' } })
    expect(() => execFileSync('dcmdump', ['-q', join(folder, 'object.dcm')])).not.toThrow()
    expect(await spooled()).toEqual([])
  })

  it('answers what the store said, not before', async () => {
    let release: (status: number) => void = () => undefined
    const stored = new Promise<number>((resolve) => {
      release = resolve
    })
    await start({ store: () => stored })
    let answered = false
    const sending = storescu(await objectFile({})).then((result) => {
      answered = true
      return result
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(answered).toBe(false)
    release(STATUS.outOfResources)
    expect((await sending).text).toMatch(/A700|Out ?Of ?Resources/i)
  })

  it('turns an exception of the store into a failure status and lives on', async () => {
    await start({ store: () => Promise.reject(new Error('disk')) })
    expect((await storescu(await objectFile({}))).text).toMatch(/0x0?110|Processing ?Failure/i)
    expect(await echo({ host: '127.0.0.1', port: server.port, calledAe: 'X', callingAe: 'Y', timeoutMs: 5000 })).toMatchObject({ ok: true })
  })

  it('refuses a storage class that is not imaging for this house, by its presentation context', async () => {
    await start()
    const path = await objectFile({ sopClass: '1.2.840.10008.5.1.4.1.1.128' })
    expect((await storescu('-R', path)).text).toMatch(/No presentation context|no acceptable|No Acceptable/i)
    expect(received).toHaveLength(0)
  })

  it('refuses an object beyond the size cap and keeps nothing of it', async () => {
    await start({ maxObjectBytes: 100_000 })
    expect((await storescu(await objectFile({ columns: 512, rows: 512 }))).text).toMatch(/A700|Out ?Of ?Resources/i)
    expect(received).toHaveLength(0)
    expect(await spooled()).toEqual([])
  })

  it('takes a 32 MB object from a sender faster than the disk', async () => {
    await start()
    const path = await objectFile({ columns: 4000, rows: 4000 })
    expect((await storescu(path)).status).toBe(0)
    expect(received[0]?.bytes.length).toBeGreaterThan(32_000_000)
  })

  it('takes several associations at once', async () => {
    await start()
    const paths = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => objectFile({ columns: 1024, rows: 1024, sopInstanceUid: `2.25.${n}` }, `${n}.dcm`)))
    const results = await Promise.all(paths.map((path) => storescu(path)))
    expect(results.map((result) => result.status)).toEqual([0, 0, 0, 0, 0, 0])
    expect(received.map((object) => object.sopInstanceUid).sort()).toEqual(['2.25.1', '2.25.2', '2.25.3', '2.25.4', '2.25.5', '2.25.6'])
    for (const object of received) {
      const sent = await readFile(paths[Number(object.sopInstanceUid.slice(5)) - 1] ?? '')
      expect(sha(object.bytes.subarray(dataSetOffset(object.bytes)))).toBe(sha(sent.subarray(dataSetOffset(sent))))
    }
  })

  it('refuses the association beyond the limit as a passing shortage', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await start({ maxAssociations: 1, store: () => held.then(() => 0) })
    const first = storescu(await objectFile({}))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await storescu(await objectFile({}, 'second.dcm'))).text).toMatch(/Rejected Transient[\s\S]*(Local Limit|limit)/i)
    release()
    expect((await first).status).toBe(0)
  })

  it('leaves no file behind an aborted association', async () => {
    await start()
    await storescu('--abort', await objectFile({}))
    const dead = await brokenUpload(await objectFile({ columns: 2000, rows: 2000 }, 'large.dcm'))
    dead()
    await expect.poll(spooled, { timeout: 10_000 }).toEqual([])
  })
})

describe('strangers', () => {
  it.each([
    ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a PDU of 4 GB', Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3])],
    ['data before an association', Buffer.from([4, 0, 0, 0, 0, 8, 0, 0, 0, 4, 1, 3, 0, 0])],
    ['a broken association request', Buffer.from([1, 0, 0, 0, 0, 4, 0, 1, 0, 0])]
  ])('are hung up on: %s', async (_name, bytes) => {
    await start()
    const closed = new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes))
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
    })
    await closed
    expect(await echo({ host: '127.0.0.1', port: server.port, calledAe: 'X', callingAe: 'Y', timeoutMs: 5000 })).toMatchObject({ ok: true })
  })
})

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Starts an upload and gives a function that cuts it in the middle. */
async function brokenUpload(path: string): Promise<() => void> {
  const child = execFile('storescu', ['--max-send-pdu', '4096', '127.0.0.1', String(server.port), path], () => undefined)
  await expect.poll(spooled, { timeout: 5000, interval: 5 }).not.toEqual([])
  return () => child.kill('SIGKILL')
}
