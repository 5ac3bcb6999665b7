import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { dicomwebTransport } from '../../../src/uplink/transports/dicomweb/dicomweb.js'
import type { Cargo, Transport } from '../../../src/uplink/transports/transport.js'
import { startShapedLink } from '../../fakes/shaped-link.js'
import { freePort, removeOrthanc, startOrthanc } from '../../flows/orthanc.js'
import { describeWith } from '../../flows/peers.js'
import { certificatesIn } from '../../generators/certificates.js'
import { film, heldOf, terms, transportHost } from './cargo.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

async function open(raw: Record<string, unknown>) {
  const parsed = dicomwebTransport.parseOptions(raw, { callingAeTitle: 'SCREENPOST' })
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join())
  const host = await transportHost()
  closers.push(() => host.remove())
  return { host, transport: dicomwebTransport.open(parsed.value, host) }
}

type Heard = { readonly method: string; readonly path: string; readonly authorization: string | undefined; readonly uids: readonly string[] }
type Reply = { readonly status: number; readonly stored?: readonly string[]; readonly failed?: Readonly<Record<string, number>>; readonly warned?: Readonly<Record<string, number>>; readonly text?: string | Uint8Array }

const us = (value: number) => ({ vr: 'US', Value: [value] })
const ui = (value: string) => ({ vr: 'UI', Value: [value] })
const json = ({ stored = [], failed = {}, warned = {} }: Reply) => JSON.stringify({
  '00081199': { vr: 'SQ', Value: [...stored.map((uid) => ({ '00081155': ui(uid) })), ...Object.entries(warned).map(([uid, code]) => ({ '00081155': ui(uid), '00081196': us(code) }))] },
  '00081198': { vr: 'SQ', Value: Object.entries(failed).map(([uid, code]) => ({ '00081155': ui(uid), '00081197': us(code) })) }
})

/** A DICOMweb service that answers as told. */
async function service(reply: (heard: Heard) => Reply, tls?: { cert: string; key: string; ca?: string; requestCert?: boolean; rejectUnauthorized?: boolean }) {
  const heard: Heard[] = []
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = []
    request.on('data', (chunk: Buffer) => parts.push(chunk)).on('end', () => {
      const text = Buffer.concat(parts).toString('latin1')
      const uids = [...new Set([...text.matchAll(/UI.{2}(7\.[0-9.]+)/gs)].map((match) => match[1]!))]
      const one = { method: request.method!, path: request.url!, authorization: request.headers.authorization, uids }
      heard.push(one)
      const said = reply(one)
      response.writeHead(said.status, { 'content-type': 'application/dicom+json' }).end(said.text ?? json(said))
    })
  }
  const server = tls ? createSecureServer(tls, answer) : createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => { server.close(() => resolve(undefined)); server.closeAllConnections() }))
  return { heard, port: (server.address() as AddressInfo).port, url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/dicom-web` }
}

const films = ['7.1', '7.2', '7.3'].map((uid) => film(uid))
const send = (transport: Transport, cargo = films) => transport.send(cargo, terms())
const kinds = (result: Awaited<ReturnType<typeof send>>) => result.answers.map(({ kind }) => kind)

describe('an archive by DICOMweb', () => {
  it('gets small objects in one request, and each answer is its own', async () => {
    const { url, heard } = await service(() => ({ status: 202, stored: ['7.1'], warned: { '7.2': 0xb000 }, failed: { '7.3': 0xc000 } }))
    const { transport } = await open({ url })
    expect(kinds(await send(transport))).toEqual(['stored', 'stored-with-warning', 'refused'])
    expect(heard.map(({ uids }) => uids)).toEqual([['7.1', '7.2', '7.3']])
    expect(heard[0]).toMatchObject({ method: 'POST', path: '/dicom-web/studies' })
  })

  it('is asked again for what 202 leaves open, and never for a duplicate', async () => {
    const { url } = await service(() => ({ status: 202, stored: ['7.1'], failed: { '7.2': 0x0111 } }))
    const { transport } = await open({ url })
    expect(kinds(await send(transport))).toEqual(['stored', 'stored', 'try-again'])
  })

  it('has a reason of each object in 409', async () => {
    const { url } = await service(() => ({ status: 409, failed: { '7.1': 0xa700, '7.2': 0x0122, '7.3': 0xa900 } }))
    const { transport } = await open({ url })
    const { answers } = await send(transport)
    expect(answers.map(({ kind }) => kind)).toEqual(['try-again', 'refused', 'refused'])
    expect(answers[1]).toMatchObject({ status: 0x0122 })
  })

  it('that refuses a request because of one object gets the others', async () => {
    const { url, heard } = await service(({ uids }) => (uids.includes('7.2') ? { status: 400, text: '{}' } : { status: 200, stored: uids }))
    const { transport } = await open({ url })
    expect(kinds(await send(transport))).toEqual(['stored', 'refused', 'stored'])
    expect(heard.length).toBe(4)
  })

  it.each([[401, 'not-authorised'], [403, 'not-authorised'], [404, 'wrong-address'], [302, 'wrong-address'], [503, 'destination-busy'], [429, 'destination-busy']])('opens the circuit at %s', async (status, code) => {
    const { url } = await service(() => ({ status, text: '' }))
    const { transport } = await open({ url })
    const result = await send(transport)
    expect(kinds(result)).toEqual(['untouched', 'untouched', 'untouched'])
    expect(result.problem?.code).toBe(code)
    expect(await transport.probe(new AbortController().signal)).toMatchObject({ ok: false, error: { code } })
  })

  it.each([[500, 'try-again'], [507, 'try-again'], [413, 'refused'], [415, 'not-accepted'], [422, 'refused']])('holds one object back at %s: %s', async (status, kind) => {
    const { url } = await service(() => ({ status, text: 'no' }))
    const { transport } = await open({ url })
    expect(await send(transport, [films[0]!])).toMatchObject({ answers: [{ kind }] })
  })

  it('is shown a token, or user and password, and only there', async () => {
    const { url, heard } = await service(({ uids }) => ({ status: 200, stored: uids }))
    await send((await open({ url, bearer: 'abc' })).transport)
    await send((await open({ url, user: 'clinic', password: 'secret' })).transport)
    const folder = await mkdtemp(join(tmpdir(), 'token-'))
    closers.push(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'token'), 'from-file\n')
    await send((await open({ url, bearerFile: join(folder, 'token') })).transport)
    expect(heard.map(({ authorization }) => authorization)).toEqual(['Bearer abc', 'Basic Y2xpbmljOnNlY3JldA==', 'Bearer from-file'])
    expect(await send((await open({ url, bearerFile: join(folder, 'gone') })).transport)).toMatchObject({ problem: { code: 'secret-unreadable' } })
  })

  it('is trusted by the pinned authority alone, and shown our certificate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stow-tls-'))
    closers.push(() => rm(folder, { recursive: true }))
    const certificates = certificatesIn(folder)
    const centre = certificates.authority('centre')
    const server = certificates.issue('server', 'centre')
    const clinic = certificates.issue('clinic', 'centre')
    const { url } = await service(({ uids }) => ({ status: 200, stored: uids }), { cert: server.cert, key: server.key, ca: centre.cert, requestCert: true, rejectUnauthorized: true })
    const mutual = { ca: centre.certPath, cert: clinic.certPath, key: clinic.keyPath }
    expect(kinds(await send((await open({ url, tls: mutual })).transport))).toEqual(['stored', 'stored', 'stored'])
    expect((await send((await open({ url })).transport)).problem?.code).toBe('certificate-not-trusted')
    expect((await send((await open({ url, tls: { ca: centre.certPath } })).transport)).problem?.code).toMatch(/own-certificate-refused|link-broke/)
  })

  it('has nothing where a network without credit answers in its place with a web page', async () => {
    const { url } = await service(() => ({ status: 200, text: '\n<!DOCTYPE html><html><body>Recharge to go on</body></html>' }))
    const { transport } = await open({ url })
    expect(await send(transport)).toMatchObject({ answers: [{ kind: 'untouched' }, { kind: 'untouched' }, { kind: 'untouched' }], problem: { code: 'wrong-address' } })
    expect(await transport.probe(new AbortController().signal)).toMatchObject({ ok: false, error: { code: 'wrong-address' } })
    expect(await transport.confirm!(films.map(heldOf), new AbortController().signal)).toMatchObject({ ok: false, error: { code: 'wrong-address' } })
  })

  it('may or may not have what it did not answer for, and not what was cut', async () => {
    const { url, port } = await service(({ uids }) => ({ status: 200, stored: uids }))
    const link = await startShapedLink({ port }, { bytesPerSecond: 2_000_000 })
    closers.push(() => link.close())
    const { transport } = await open({ url: url.replace(String(port), String(link.port)) })
    const watch = setInterval(() => { if (link.bytes.up > 500_000) link.cut() }, 10)
    closers.push(() => Promise.resolve(clearInterval(watch)))
    const { answers, problem } = await send(transport, [film('7.9', 2000), films[0]!])
    expect(['cut', 'unanswered']).toContain(answers[0]!.kind)
    expect(answers[1]!.kind).toBe('untouched')
    expect(problem?.code).toBe('link-broke')
  })

  /** Lists and gives back the films; `fault` is the status of an answer that is another one. */
  const archive = (fault: (path: string) => number | undefined) => service(({ path, method, uids }) => {
    const broken = fault(path)
    if (broken !== undefined) return { status: broken, text: '' }
    if (method === 'POST') return { status: 200, stored: uids }
    const [uid] = /7\.\d+/.exec(path) ?? []
    return { status: 200, text: path.includes('?') ? JSON.stringify([{ '00080018': ui(uid!) }]) : films.find(({ sopInstanceUid }) => sopInstanceUid === uid)!.file }
  })
  const signal = new AbortController().signal
  const held = films.map(heldOf)

  it('has proven what it gave back before it broke off, and once more until that is written down', async () => {
    let isBroken = true
    const { url } = await archive((path) => (isBroken && path.includes('?SOPInstanceUID=7.2') ? 503 : undefined))
    const { transport, host } = await open({ url })
    await send(transport)
    expect(await transport.confirm!(held, signal)).toMatchObject({ ok: false, error: { code: 'destination-busy' } })
    expect(host.reports).toEqual([{ committed: ['7.1'], missing: [], proof: 'retrieved' }])
    isBroken = false
    expect(await transport.confirm!(held, signal)).toMatchObject({ ok: true, value: { committed: ['7.1', '7.2', '7.3'], missing: [], proof: 'retrieved' } })
    await transport.noted!(['7.1'])
    expect(await transport.confirm!(held.slice(0, 2), signal)).toMatchObject({ ok: true, value: { committed: ['7.2'] } })
  })

  it.each([500, 503, 429])('that can not give an object back now (%s) is asked again for it, and for no other', async (status) => {
    let isBroken = true
    const { url } = await archive((path) => (isBroken && path.endsWith('/7.2') ? status : undefined))
    const { transport, host } = await open({ url })
    await send(transport)
    expect(await transport.confirm!(held, signal)).toEqual({ ok: true, value: { committed: ['7.1', '7.3'], missing: [], proof: 'retrieved', withheld: { sopInstanceUids: ['7.2'], problem: expect.objectContaining({ code: 'not-given-back' }) as unknown } } })
    expect(host.reports).toEqual([])
    isBroken = false
    expect(await transport.confirm!(held.slice(1, 2), signal)).toMatchObject({ ok: true, value: { committed: ['7.2'] } })
  })

  it('that gives back another image under the UID does not have ours: a person is told, and not that it is kept', async () => {
    const { url } = await archive(() => undefined)
    const { transport, host } = await open({ url })
    await send(transport, [film('7.1', 80), ...films.slice(1)])
    expect(await transport.confirm!(held, signal)).toMatchObject({ ok: true, value: { committed: ['7.2', '7.3'], missing: [], refused: [{ sopInstanceUid: '7.1', problem: { code: 'uid-of-another' } }] } })
    expect(host.reports).toEqual([])
  })

  it('that has what is made here as an earlier release drew it is listed, and needs nobody: its UID follows from what it says', async () => {
    const { url } = await archive(() => undefined)
    const { transport, host } = await open({ url })
    const redrawn: Cargo = { ...film('7.1', 80), kind: 'heatmap', uidSaysContent: true }
    await send(transport, [redrawn, ...films.slice(1)])
    expect(await transport.confirm!(held, signal)).toEqual({ ok: true, value: { committed: ['7.2', '7.3'], missing: [], proof: 'retrieved' } })
    expect(host.reports).toEqual([{ committed: ['7.1'], missing: [], proof: 'listed' }])
  })

  it('takes nothing but an address and one way of showing who one is', () => {
    const parse = (raw: Record<string, unknown>) => dicomwebTransport.parseOptions(raw, { callingAeTitle: 'X' })
    for (const url of ['ftp://a/', 'http://user:word@a/', 'nonsense', 'http://a/?x=1']) expect(parse({ url })).toMatchObject({ ok: false, error: [{ path: 'url' }] })
    expect(parse({ url: 'http://a/', bearer: 'x', user: 'y', password: 'z' })).toMatchObject({ ok: false })
    expect(parse({ url: 'http://a/', user: 'y' })).toMatchObject({ ok: false })
    expect(parse({ url: 'http://a/', tls: { checkName: false } })).toMatchObject({ ok: false })
  })
})

describeWith(['Orthanc', 'libOrthancDicomWeb.so'], 'Orthanc by DICOMweb', () => {
  it('stores, is asked, and gives back what is compared with what left', { timeout: 60_000 }, async () => {
    const pacs = await startOrthanc({
      appliancePort: await freePort(), credentials: 'clinic:secret',
      configuration: { AuthenticationEnabled: true, RegisteredUsers: { clinic: 'secret' }, Plugins: ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'], DicomWeb: { Enable: true, Root: '/dicom-web/' } }
    })
    closers.push(async () => { await pacs.stop(); await removeOrthanc(pacs) })
    const url = `${pacs.url}/dicom-web`
    const { transport, host } = await open({ url, user: 'clinic', password: 'secret' })
    expect(await transport.probe(new AbortController().signal)).toMatchObject({ ok: true })
    expect((await (await open({ url, user: 'clinic', password: 'wrong' })).transport.probe(new AbortController().signal))).toMatchObject({ ok: false, error: { code: 'not-authorised' } })
    const all = [...films, film('7.4', 900)]
    expect(kinds(await send(transport, all))).toEqual(['stored', 'stored', 'stored', 'stored'])
    expect(kinds(await send(transport, [films[0]!]))).toEqual(['stored'])
    expect((await pacs.instances()).map(({ uid }) => uid).sort()).toEqual(['7.1', '7.2', '7.3', '7.4'])
    const confirmed = await transport.confirm!([...all.map(heldOf), { ...heldOf(films[0]!), sopInstanceUid: '7.99' }], new AbortController().signal)
    expect(confirmed).toEqual({ ok: true, value: { committed: ['7.1', '7.2', '7.3', '7.4'], missing: ['7.99'], proof: 'retrieved' } })
    await transport.noted!(['7.2'])
    expect(await transport.confirm!([{ sopClassUid: '', sopInstanceUid: '7.2' }], new AbortController().signal)).toMatchObject({ ok: true, value: { missing: [] } })
    expect(host.reports).toEqual([{ committed: ['7.2'], missing: [], proof: 'listed' }])
  })
})
