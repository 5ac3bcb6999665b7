import { createServer } from 'node:http'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundle } from 'fhir/r4.js'
import { afterEach, describe, expect, it } from 'vitest'
import { fhirBundle } from '../../../src/report/fhir.js'
import { identityOf } from '../../../src/report/identity.js'
import { fhirTransport } from '../../../src/uplink/transports/fhir/fhir.js'
import type { Cargo } from '../../../src/uplink/transports/transport.js'
import { samplePatient, sampleStudy } from '../../report/sample-study.js'
import { terms, transportHost } from './cargo.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

const bundle: Bundle = {
  resourceType: 'Bundle', type: 'collection', entry: [
    { fullUrl: 'urn:uuid:1', resource: { resourceType: 'Patient', identifier: [{ system: 'urn:phantom', value: 'P 1' }] } },
    { fullUrl: 'urn:uuid:2', resource: { resourceType: 'DiagnosticReport', status: 'preliminary', code: { text: 'phantom' }, identifier: [{ system: 'urn:ietf:rfc:3986', value: 'urn:oid:2.25.1' }], subject: { reference: 'urn:uuid:1' } } }
  ]
}
const cargo = (sopInstanceUid = '2.25.9', value: unknown = bundle): Cargo =>
  ({ sopClassUid: '', sopInstanceUid, transferSyntaxUid: '', file: Buffer.from(JSON.stringify(value)), mediaType: 'application/fhir+json', kind: 'fhir', studyId: 's' })

async function open(raw: Record<string, unknown>) {
  const parsed = fhirTransport.parseOptions(raw, { callingAeTitle: 'X' })
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join())
  const host = await transportHost()
  closers.push(() => host.remove())
  return fhirTransport.open(parsed.value, host)
}

/** A FHIR server of this test: conditional create and conditional update by identifier, as the standard says. */
async function server(fault?: number, entryFault?: string) {
  const resources = new Map<string, { resourceType: string }>()
  const heard: { path: string; type: string | undefined }[] = []
  const http = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      heard.push({ path: request.url!, type: request.headers['content-type'] })
      if (fault) return void response.writeHead(fault).end('{}')
      if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'application/fhir+json' }).end('{"resourceType":"CapabilityStatement"}')
      const sent = JSON.parse(Buffer.concat(parts).toString()) as Bundle
      if (sent.type !== 'transaction') return void response.writeHead(400).end()
      const entry = sent.entry!.map(({ request: wanted, resource }) => {
        const key = wanted!.method === 'PUT' ? wanted!.url : `${wanted!.url}?${wanted!.ifNoneExist ?? resources.size}`
        const known = resources.has(key)
        if (!known || wanted!.method === 'PUT') resources.set(key, resource!)
        return { response: { status: entryFault ?? (known ? '200 OK' : '201 Created') } }
      })
      response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(JSON.stringify({ resourceType: 'Bundle', type: 'transaction-response', entry }))
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => { http.close(() => resolve(undefined)); http.closeAllConnections() }))
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/fhir/R4`, resources, heard }
}

describe('a record system by FHIR', () => {
  it('gets each resource once, however often the bundle is sent', async () => {
    const { url, resources, heard } = await server()
    const transport = await open({ url })
    expect(await transport.probe(new AbortController().signal)).toMatchObject({ ok: true })
    for (let i = 0; i < 3; i++) expect((await transport.send([cargo()], terms())).answers).toEqual([{ kind: 'stored' }])
    expect([...resources.keys()]).toEqual(['Patient?identifier=urn%3Aphantom|P%201', 'DiagnosticReport?identifier=urn%3Aietf%3Arfc%3A3986|urn%3Aoid%3A2.25.1'])
    expect(heard[1]).toEqual({ path: '/fhir/R4', type: 'application/fhir+json' })
  })

  it('takes the bundle of a study, and of its next revision in the place of the first', async () => {
    const { url, resources } = await server()
    const transport = await open({ url })
    const image = { sopClassUid: '1.2.840.10008.5.1.4.1.1.77.1.5.1', sopInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2' }
    const bundleOf = (study: typeof sampleStudy, bundleUid: string) => fhirBundle({
      study, identity: identityOf(study, samplePatient), siteName: 'Phantom Clinic', softwareVersion: '0.1.0', at: '2026-03-04T10:00:00.000Z', bundleUid, image, dicomModality: 'OP'
    })
    const revisions = [bundleOf({ ...sampleStudy, reviews: [] }, '2.25.9'), bundleOf(sampleStudy, '2.25.10')]
    for (const [index, revision] of revisions.entries()) {
      expect((await transport.send([cargo(`2.25.${9 + index}`, revision)], terms())).answers).toEqual([{ kind: 'stored' }])
      expect([...resources.values()]).toEqual(revision.entry!.map(({ resource }) => JSON.parse(JSON.stringify(resource)) as unknown))
    }
    expect([...resources.keys()].map((key) => key.split('?')[0])).toEqual(['Patient', 'ImagingStudy', 'Observation', 'Observation', 'DiagnosticReport'])
    expect([...resources.values()].at(-1)).toMatchObject({ status: 'final' })
  })

  it.each([[400, 'refused'], [412, 'refused'], [422, 'refused'], [415, 'not-accepted'], [500, 'try-again'], [409, 'try-again']])('answers HTTP %s: %s', async (status, kind) => {
    const { url } = await server(status)
    expect((await (await open({ url })).send([cargo()], terms())).answers).toMatchObject([{ kind }])
  })

  it.each([[401, 'not-authorised'], [404, 'wrong-address'], [503, 'destination-busy']])('opens the circuit at %s', async (status, code) => {
    const { url } = await server(status)
    const transport = await open({ url, bearer: 'x' })
    expect(await transport.send([cargo()], terms())).toMatchObject({ answers: [{ kind: 'untouched' }], problem: { code } })
  })

  it('has nothing where a network without credit answers in its place with a web page', async () => {
    const http = createServer((request, response) => { request.resume().on('end', () => response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Recharge to go on</body></html>')) })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => { http.close(() => resolve(undefined)); http.closeAllConnections() }))
    const transport = await open({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/fhir/R4` })
    expect(await transport.send([cargo()], terms())).toMatchObject({ answers: [{ kind: 'untouched' }], problem: { code: 'wrong-address' } })
    expect(await transport.probe(new AbortController().signal)).toMatchObject({ ok: false, error: { code: 'wrong-address' } })
  })

  it('that refuses an entry of a bundle did not take it', async () => {
    const { url } = await server(undefined, '422 Unprocessable Entity')
    expect((await (await open({ url })).send([cargo()], terms())).answers).toMatchObject([{ kind: 'refused', status: 422 }])
  })

  it('is never sent what is no bundle', async () => {
    const { url, heard } = await server()
    expect((await (await open({ url })).send([cargo('2.25.9', { resourceType: 'Patient' })], terms())).answers).toMatchObject([{ kind: 'refused', problem: { code: 'not-a-bundle' } }])
    expect(heard).toEqual([])
  })
})

describe('a folder for bundles', () => {
  it('holds one file a bundle, whole, and the same one again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fhir-'))
    closers.push(() => rm(folder, { recursive: true, force: true }))
    const transport = await open({ folder })
    for (let i = 0; i < 2; i++) expect((await transport.send([cargo()], terms())).answers).toEqual([{ kind: 'stored' }])
    expect(await readdir(folder)).toEqual(['2.25.9.json'])
    expect((JSON.parse(await readFile(join(folder, '2.25.9.json'), 'utf8')) as Bundle).type).toBe('transaction')
    expect((await transport.send([cargo('../escape')], terms())).answers).toMatchObject([{ kind: 'refused' }])
    await rm(folder, { recursive: true })
    expect(await transport.send([cargo()], terms())).toMatchObject({ answers: [{ kind: 'untouched' }], problem: { code: 'no-folder' } })
  })

  it('or a server, not both, and not neither', () => {
    for (const raw of [{}, { url: 'http://a/', folder: '/x' }, { folder: 'relative' }]) expect(fhirTransport.parseOptions(raw, { callingAeTitle: '' }).ok).toBe(false)
  })
})
