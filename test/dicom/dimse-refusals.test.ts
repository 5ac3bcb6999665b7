import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { connect as tlsConnect, type ConnectionOptions } from 'node:tls'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startDimseServer, type DimseServer, type DimseServerOptions } from '../../src/dicom/dimse-server.js'
import type { Refusal } from '../../src/dicom/store-scp.js'
import { STATUS } from '../../src/dicom/status.js'
import { silentLog } from '../../src/platform/log.js'
import { describeWith } from '../flows/peers.js'
import { makeDicom, type DicomOptions } from '../generators/dicom.js'

const run = promisify(execFile)
let folder: string
let server: DimseServer
let refusals: Refusal[]
let received: { sopInstanceUid: string; callingAeTitle: string }[]
let proxies: Server[]

async function start(overrides: Partial<DimseServerOptions> = {}): Promise<void> {
  server = await startDimseServer({
    host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST', maxAssociations: 8, spoolFolder: join(folder, 'spool'), log: silentLog,
    refused: (refusal) => refusals.push(refusal),
    store: ({ sopInstanceUid, callingAeTitle }) => { received.push({ sopInstanceUid, callingAeTitle }); return Promise.resolve(STATUS.success) },
    ...overrides
  })
}

async function objectFile(options: DicomOptions): Promise<string> {
  const path = join(folder, `${options.sopInstanceUid ?? 'object'}.dcm`)
  await writeFile(path, makeDicom(options))
  return path
}

/** storescu's exit status and words. */
const send = async (port: number | undefined, ...args: string[]): Promise<{ status: number; text: string }> =>
  run('storescu', ['-v', ...args.slice(0, -1), '127.0.0.1', String(port), args.at(-1)!]).then(
    ({ stdout, stderr }) => ({ status: 0, text: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, text: error.stdout + error.stderr })
  )

/** A link of `bytesPerSecond` in front of the receiver, in steps of 20 ms; after `dieAfter` bytes it is cut. */
async function slowLink(bytesPerSecond: number, dieAfter = Infinity): Promise<number> {
  const proxy = createServer({ pauseOnConnect: false }, (near) => {
    const far = connect(server.port, '127.0.0.1')
    let passed = 0
    far.on('data', (chunk) => near.write(chunk)).on('close', () => near.destroy()).on('error', () => undefined)
    near.on('error', () => undefined).on('close', () => far.end())
    const pump = (): void => {
      const chunk = near.read(Math.min(near.readableLength, Math.ceil(bytesPerSecond / 50))) as Buffer | null
      if (chunk) { far.write(chunk); passed += chunk.length }
      if (passed > dieAfter) cut(near, far)
    }
    const timer = setInterval(pump, 20)
    near.on('readable', () => undefined).on('close', () => clearInterval(timer))
  })
  proxies.push(proxy)
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return (proxy.address() as AddressInfo).port
}
const cut = (...sockets: Socket[]): void => sockets.forEach((socket) => socket.resetAndDestroy())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dimse-refusals-'))
  execFileSync('mkdir', [join(folder, 'spool')])
  refusals = []
  received = []
  proxies = []
})
afterEach(async () => {
  await server.close()
  for (const proxy of proxies) proxy.close()
  await rm(folder, { recursive: true, force: true })
})

describeWith(['storescu'], 'who may send', () => {
  it('is everybody without a list, and who is on it with one', async () => {
    await start({ allowedAeTitles: ['FUNDUS1'] })
    const path = await objectFile({})
    expect((await send(server.port, '-aet', 'FUNDUS1', path)).status).toBe(0)
    expect((await send(server.port, '-aet', 'STRANGER', path)).text).toMatch(/Calling AE Title Not Recognized/i)
    expect(refusals).toEqual([{ calling: 'STRANGER', reason: 'unknown-ae-title' }])
    expect(received).toHaveLength(1)
  })

  it('says that a sender offered nothing that is read here', async () => {
    await start()
    await send(server.port, '-R', '-aet', 'PETCT', await objectFile({ sopClass: '1.2.840.10008.5.1.4.1.1.128' }))
    expect(refusals).toEqual([{ calling: 'PETCT', reason: 'nothing-acceptable' }])
  })

  it('takes from two devices with one AE title at once', async () => {
    await start()
    const paths = await Promise.all(['2.25.1', '2.25.2'].map((sopInstanceUid) => objectFile({ sopInstanceUid, columns: 1024, rows: 1024 })))
    const slow = await slowLink(4_000_000)
    const results = await Promise.all(paths.map((path) => send(slow, '-aet', 'PROBE', path)))
    expect(results.map(({ status }) => status)).toEqual([0, 0])
    expect(received.map(({ sopInstanceUid }) => sopInstanceUid).sort()).toEqual(['2.25.1', '2.25.2'])
  })
})

describeWith(['storescu'], 'a slow portable probe', () => {
  it('may take many times the idle limit for one object, as long as bytes come', async () => {
    await start({ idleTimeoutMs: 500, associationTimeoutMs: 1000 })
    const path = await objectFile({ columns: 600, rows: 600, sopInstanceUid: '2.25.9' })
    const started = performance.now()
    expect((await send(await slowLink(250_000), '--max-send-pdu', '131072', path)).status).toBe(0)
    expect(performance.now() - started).toBeGreaterThan(2000)
    expect(received).toHaveLength(1)
  })

  it('that is cut off in the middle of an object leaves nothing', async () => {
    await start()
    const path = await objectFile({ columns: 2000, rows: 2000 })
    expect((await send(await slowLink(20_000_000, 1_000_000), path)).status).not.toBe(0)
    await vi.waitFor(async () => expect(await readdir(join(folder, 'spool'))).toEqual([]), 3000)
    expect(received).toEqual([])
  })

  it('that falls silent in the middle is given up, and leaves nothing', async () => {
    await start({ idleTimeoutMs: 400 })
    const path = await objectFile({ columns: 2000, rows: 2000 })
    const child = execFile('storescu', ['127.0.0.1', String(server.port), path], () => undefined)
    await vi.waitFor(async () => expect(await readdir(join(folder, 'spool'))).not.toEqual([]), { timeout: 5000, interval: 2 })
    child.kill('SIGSTOP')
    await vi.waitFor(async () => expect(await readdir(join(folder, 'spool'))).toEqual([]), 5000)
    child.kill('SIGKILL')
  })
})

describeWith(['storescu'], 'a device that connects and says nothing', () => {
  it('is hung up on, said so, and the others go on', async () => {
    await start({ associationTimeoutMs: 300 })
    const mute = connect(server.port, '127.0.0.1')
    await new Promise<void>((resolve) => mute.on('error', () => undefined).on('close', () => resolve()))
    expect(refusals).toEqual([{ calling: '', reason: 'said-nothing' }])
    expect((await send(server.port, await objectFile({}))).status).toBe(0)
  })
})

describeWith(['storescu'], 'DICOM TLS', () => {
  const pem = (name: string): string => join(folder, name)
  const authority = (name: string): void => { execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', pem(`${name}.key`), '-out', pem(`${name}.pem`)], { stdio: 'ignore' }) }
  const issue = (name: string, by: string): void => {
    execFileSync('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', pem(`${name}.key`), '-out', pem(`${name}.csr`)], { stdio: 'ignore' })
    execFileSync('openssl', ['x509', '-req', '-in', pem(`${name}.csr`), '-CA', pem(`${by}.pem`), '-CAkey', pem(`${by}.key`), '-CAcreateserial', '-days', '2', '-out', pem(`${name}.pem`)], { stdio: 'ignore' })
  }
  const secured = async (mutual: boolean): Promise<void> => {
    authority('clinic')
    for (const name of ['server', 'probe']) issue(name, 'clinic')
    await start({ tls: { port: 0, cert: await readFile(pem('server.pem')), key: await readFile(pem('server.key')), ...(mutual ? { ca: await readFile(pem('clinic.pem')) } : {}) } })
  }

  const handshake = (options: ConnectionOptions): Promise<string | null> => new Promise((resolve) => {
    const socket = tlsConnect({ port: server.tlsPort!, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => { resolve(socket.getProtocol()); socket.destroy() })
    socket.on('error', () => resolve('refused'))
  })

  it('takes an object from a sender without certificate, by each BCP 195 profile', async () => {
    await secured(false)
    const path = await objectFile({ columns: 1500, rows: 1500 })
    for (const profile of ['+py', '+px', '+pz']) expect(await send(server.tlsPort, '+tla', profile, '+cf', pem('clinic.pem'), path)).toMatchObject({ status: 0 })
    expect(received).toHaveLength(3)
    expect((await send(server.port, path)).status).toBe(0)
  })

  it('asks for a certificate of the clinic where a CA is configured', async () => {
    await secured(true)
    const path = await objectFile({})
    expect((await send(server.tlsPort, '+tls', pem('probe.key'), pem('probe.pem'), '+cf', pem('clinic.pem'), path)).status).toBe(0)
    expect((await send(server.tlsPort, '+tla', '+cf', pem('clinic.pem'), path)).status).not.toBe(0)
    authority('foreign')
    expect((await send(server.tlsPort, '+tls', pem('foreign.key'), pem('foreign.pem'), '+cf', pem('clinic.pem'), path)).status).not.toBe(0)
    expect(received).toHaveLength(1)
    expect(refusals.every(({ reason }) => reason === 'tls-failed') && refusals.length > 0).toBe(true)
  })

  it('speaks nothing below TLS 1.2, and answers no plain text', async () => {
    await secured(false)
    expect(await handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' })).toBe('refused')
    expect(await handshake({ maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).toBe('refused')
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    expect(await handshake({})).toBe('TLSv1.3')
    expect((await send(server.tlsPort, await objectFile({}))).status).not.toBe(0)
  })
})
