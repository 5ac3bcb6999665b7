import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createTlsServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dataSetOffset } from '../../src/dicom/codec.js'
import { echo } from '../../src/dicom/dimse-client.js'
import { storeObjects } from '../../src/dicom/store-scu.js'
import type { PeerTls } from '../../src/dicom/upper-layer/peer.js'
import { startFaultyScp } from '../fakes/faulty-scp.js'
import { waitFor } from '../flows/appliance.js'
import { freePort } from '../flows/orthanc.js'
import { describeWith, peerPath } from '../flows/peers.js'
import { certificatesIn, type Certificate } from '../generators/certificates.js'
import { CR_STORAGE, makeDicom, SYNTAX } from '../generators/dicom.js'

const TIMES = { connectMs: 5_000, answerMs: 5_000, leastBytesPerSecond: 100_000 }
const film = { sopClassUid: CR_STORAGE, sopInstanceUid: '1.2.77.1', transferSyntaxUid: SYNTAX.explicit, file: makeDicom({ sopInstanceUid: '1.2.77.1', columns: 1200, rows: 900 }) }

let folder: string
let centre: Certificate
let server: Certificate
let clinic: Certificate
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-tls-'))
  const certificates = certificatesIn(folder)
  centre = certificates.authority('centre')
  server = certificates.issue('server', 'centre')
  clinic = certificates.issue('clinic', 'centre')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function storescp(...options: string[]): Promise<number> {
  const port = await freePort()
  await mkdir(join(folder, 'in'), { recursive: true })
  children.push(spawn(peerPath('storescp')!, ['+tls', server.keyPath, server.certPath, '+cf', centre.certPath, ...options, '+B', '-od', join(folder, 'in'), String(port)], { stdio: 'ignore' }))
  const peer = { host: '127.0.0.1', port, calledAe: 'ANY', callingAe: 'SCREENPOST', tls: { ca: centre.cert, cert: clinic.cert, key: clinic.key } }
  await waitFor(async () => (await echo({ ...peer, timeoutMs: 1_000 })).ok || undefined, { timeoutMs: 10_000, hint: () => 'storescp did not answer' })
  return port
}

const store = (port: number, tls: PeerTls | undefined) => storeObjects({ host: '127.0.0.1', port, calledAe: 'ANY', callingAe: 'SCREENPOST', tls }, [film], TIMES)
const both = (): PeerTls => ({ ca: centre.cert, cert: clinic.cert, key: clinic.key })

describeWith(['storescp'], 'storing encrypted in DCMTK', () => {
  it.each(['+py', '+px', '+pz'])('by the BCP 195 profile %s, both ends showing a certificate, byte for byte', async (profile) => {
    const port = await storescp('--require-peer-cert', profile)
    expect(await store(port, both())).toEqual({ outcomes: [{ kind: 'answered', status: 0 }] })
    const [name] = await readdir(join(folder, 'in'))
    const stored = await readFile(join(folder, 'in', name!))
    expect(stored.subarray(dataSetOffset(stored)).equals(film.file.subarray(dataSetOffset(film.file)))).toBe(true)
  })

  it('without a certificate of ours where none is asked for', async () => {
    const port = await storescp('--verify-peer-cert')
    expect(await store(port, { ca: centre.cert })).toEqual({ outcomes: [{ kind: 'answered', status: 0 }] })
  })

  it('not without one where it is asked for, and says so', async () => {
    const port = await storescp('--require-peer-cert')
    const { outcomes, problem } = await store(port, { ca: centre.cert })
    expect(outcomes).toEqual([{ kind: 'untouched' }])
    expect(['own-certificate-refused', 'link-broke', 'tls-failed']).toContain(problem?.code)
  })

  it('not to a server that another authority signed for', async () => {
    const port = await storescp('--require-peer-cert')
    const stranger = certificatesIn(folder).authority('stranger')
    expect((await store(port, { ...both(), ca: stranger.cert })).problem?.code).toBe('certificate-not-trusted')
    expect((await store(port, { cert: clinic.cert, key: clinic.key })).problem?.code).toBe('certificate-not-trusted')
  })

  it('never in plain text where it was to be encrypted, nor the other way round', async () => {
    const port = await storescp('--require-peer-cert')
    expect((await store(port, undefined)).outcomes).toEqual([{ kind: 'untouched' }])
    const plain = await startFaultyScp()
    expect((await store(plain.port, both())).problem?.code).toMatch(/tls-failed|timeout|unreachable/)
    expect(plain.received).toEqual([])
    await plain.close()
  })
})

describe('whom to trust', () => {
  const serve = async (certificate: Certificate, more: Parameters<typeof createTlsServer>[0] = {}) => {
    const listening = createTlsServer({ cert: certificate.cert, key: certificate.key, ...more }, (socket) => { socket.on('error', () => undefined).end() })
    listening.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    children.push({ kill: () => listening.close() } as unknown as ChildProcess)
    return (listening.address() as AddressInfo).port
  }
  const problemOf = async (port: number, tls: PeerTls): Promise<string | undefined> => (await store(port, tls)).problem?.code

  it('a certificate for another name is refused, but where the site pinned its authority and says so', async () => {
    const port = await serve(certificatesIn(folder).issue('elsewhere', 'centre', 'DNS:pacs.example'))
    expect(await problemOf(port, { ca: centre.cert })).toBe('certificate-of-another')
    expect(await problemOf(port, { ca: centre.cert, checkName: false })).toBe('link-broke')
    expect(await problemOf(port, { checkName: false })).toBe('certificate-not-trusted')
  })

  it('a certificate that signed itself is trusted when it is the pinned one', async () => {
    const alone = certificatesIn(folder).authority('alone')
    const port = await serve(alone)
    expect(await problemOf(port, { ca: alone.cert, checkName: false })).toBe('link-broke')
    expect(await problemOf(port, { ca: centre.cert, checkName: false })).toBe('certificate-not-trusted')
  })

  it('nothing below TLS 1.2 and no cipher without forward secrecy', async () => {
    expect(await problemOf(await serve(server, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }), { ca: centre.cert })).toMatch(/tls-failed|own-certificate-refused/)
    expect(await problemOf(await serve(server, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }), { ca: centre.cert })).toMatch(/tls-failed|own-certificate-refused/)
  })
})

describeWith(['dcmqrscp'], 'DCMTK\'s archive, which speaks no TLS', () => {
  it('keeps each object once', async () => {
    const port = await freePort()
    await mkdir(join(folder, 'ARCHIVE'), { recursive: true })
    const config = ['NetworkTCPPort = ' + port, 'MaxPDUSize = 16384', 'MaxAssociations = 4', 'HostTable BEGIN', 'HostTable END', 'AETable BEGIN', `ARCHIVE ${join(folder, 'ARCHIVE')} RW (9, 1024mb) ANY`, 'AETable END', '']
    await writeFile(join(folder, 'dcmqrscp.cfg'), config.join('\n'))
    children.push(spawn(peerPath('dcmqrscp')!, ['-c', join(folder, 'dcmqrscp.cfg')], { stdio: 'ignore' }))
    const peer = { host: '127.0.0.1', port, calledAe: 'ARCHIVE', callingAe: 'SCREENPOST' }
    await waitFor(async () => (await echo({ ...peer, timeoutMs: 1_000 })).ok || undefined, { timeoutMs: 10_000, hint: () => 'dcmqrscp did not answer' })
    const films = ['1.2.77.1', '1.2.77.2', '1.2.77.3'].map((sopInstanceUid) => ({ ...film, sopInstanceUid, file: makeDicom({ sopInstanceUid, extra: [{ tag: 0x0020000d, vr: 'UI', value: '1.2.77' }, { tag: 0x0020000e, vr: 'UI', value: '1.2.78' }] }) }))
    for (const _ of [1, 2]) expect((await storeObjects(peer, films, TIMES)).outcomes.map((outcome) => outcome.kind === 'answered' && outcome.status)).toEqual([0, 0, 0])
    expect((await readdir(join(folder, 'ARCHIVE'))).filter((name) => name !== 'index.dat').length).toBe(3)
  })
})
