import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { CommitmentReport } from '../../../src/dicom/commitment.js'
import { startDimseServer } from '../../../src/dicom/dimse-server.js'
import { silentLog } from '../../../src/platform/log.js'
import { dicomTransport } from '../../../src/uplink/transports/dicom.js'
import { startFaultyScp, type FaultyScp } from '../../fakes/faulty-scp.js'
import { removeOrthanc, startOrthanc } from '../../flows/orthanc.js'
import { describeWith } from '../../flows/peers.js'
import { waitFor } from '../../flows/appliance.js'
import { certificatesIn } from '../../generators/certificates.js'
import { film, heldOf, terms, transportHost } from './cargo.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

async function certificates() {
  const folder = await mkdtemp(join(tmpdir(), 'dicom-tls-'))
  closers.push(() => rm(folder, { recursive: true }))
  const made = certificatesIn(folder)
  const centre = made.authority('centre')
  return { centre, server: made.issue('server', 'centre'), clinic: made.issue('clinic', 'centre'), folder }
}

async function open(raw: Record<string, unknown>) {
  const parsed = dicomTransport.parseOptions({ host: '127.0.0.1', aeTitle: 'PACS', ...raw }, { callingAeTitle: 'SCREENPOST' })
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join())
  const host = await transportHost()
  closers.push(() => host.remove())
  return { host, transport: dicomTransport.open(parsed.value, host) }
}

const signal = new AbortController().signal
const films = ['7.1', '7.2', '7.3'].map((uid) => film(uid))

describe('a PACS by C-STORE', () => {
  const faulty = async (first: Parameters<typeof startFaultyScp>[0]): Promise<FaultyScp> => {
    const scp = await startFaultyScp(first)
    closers.push(() => scp.close())
    return scp
  }

  it('that accepts and loses is found out by commitment', async () => {
    const scp = await faulty({ commitment: 'same-association', behaviour: (uid) => (uid === '7.2' ? 'lose' : 0) })
    const { transport, host } = await open({ port: scp.port })
    expect((await transport.send(films, terms())).answers.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored'])
    await transport.confirm!(films.map(heldOf), signal)
    expect(host.reports).toEqual([{ committed: ['7.1', '7.3'], missing: ['7.2'], proof: 'commitment' }])
  })

  it('may report after the box was off: what was asked before is still known', async () => {
    const reports: CommitmentReport[] = []
    const receiver = await startDimseServer({
      host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST', maxAssociations: 4, spoolFolder: tmpdir(), log: silentLog, store: () => Promise.resolve(0), committed: (report) => { reports.push(report) }
    })
    closers.push(() => receiver.close())
    const scp = await faulty({ commitment: { reportTo: receiver.port, calledAe: 'SCREENPOST' } })
    const { transport, host } = await open({ port: scp.port })
    await transport.send(films, terms())
    await transport.confirm!(films.map(heldOf), signal)
    const { transactionUid } = await waitFor(() => Promise.resolve(reports[0]), { timeoutMs: 5_000, hint: () => 'no report came' })
    const restarted = dicomTransport.open({ host: '127.0.0.1', port: scp.port, aeTitle: 'PACS', callingAeTitle: 'SCREENPOST' }, host)
    expect([await restarted.asked!(transactionUid), await restarted.asked!('2.25.999')]).toEqual([true, false])
  })

  it('is encrypted, asked and stored to with the files of the site, read anew each time', async () => {
    const { centre, server, clinic, folder } = await certificates()
    const scp = await faulty({ commitment: 'same-association', tls: { cert: server.cert, key: server.key, ca: centre.cert } })
    const tls = { ca: centre.certPath, cert: clinic.certPath, key: clinic.keyPath }
    const { transport, host } = await open({ port: scp.port, tls })
    expect(await transport.probe(signal)).toMatchObject({ ok: true })
    expect((await transport.send(films, terms())).answers.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored'])
    await transport.confirm!(films.map(heldOf), signal)
    expect(host.reports).toMatchObject([{ committed: ['7.1', '7.2', '7.3'] }])
    await rm(join(folder, 'clinic.key'))
    expect(await transport.send(films, terms())).toMatchObject({ answers: [{ kind: 'untouched' }, { kind: 'untouched' }, { kind: 'untouched' }], problem: { code: 'certificate-unreadable' } })
  })
})

describeWith(['Orthanc'], 'Orthanc by encrypted C-STORE', () => {
  it('stores and commits, and takes nobody without the centre\'s certificate', { timeout: 60_000 }, async () => {
    const { centre, server, clinic } = await certificates()
    const reports: CommitmentReport[] = []
    const receiver = await startDimseServer({
      host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST', maxAssociations: 4, spoolFolder: tmpdir(), log: silentLog,
      store: () => Promise.resolve(0), committed: (report) => { reports.push(report) }
    })
    closers.push(() => receiver.close())
    const pacs = await startOrthanc({
      appliancePort: receiver.port,
      configuration: { DicomTlsEnabled: true, DicomTlsCertificate: server.certPath, DicomTlsPrivateKey: server.keyPath, DicomTlsTrustedCertificates: centre.certPath }
    })
    closers.push(async () => { await pacs.stop(); await removeOrthanc(pacs) })
    const tls = { ca: centre.certPath, cert: clinic.certPath, key: clinic.keyPath }
    const { transport } = await open({ port: pacs.dicomPort, tls })
    expect(await transport.probe(signal)).toMatchObject({ ok: true })
    const large = film('7.4', 1500)
    expect((await transport.send([...films, large], terms())).answers.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored', 'stored'])
    expect((await pacs.instances()).map(({ uid }) => uid).sort()).toEqual(['7.1', '7.2', '7.3', '7.4'])
    expect(await transport.confirm!(films.map(heldOf), signal)).toMatchObject({ ok: true })
    const [report] = await waitFor(() => (reports.length > 0 ? reports : undefined), { timeoutMs: 10_000, hint: () => pacs.output().slice(-2000) })
    expect([...report!.committed].sort()).toEqual(['7.1', '7.2', '7.3'])
    const stranger = await open({ port: pacs.dicomPort, tls: { ca: centre.certPath } })
    expect((await stranger.transport.send(films, terms())).answers.every(({ kind }) => kind === 'untouched')).toBe(true)
  })
})
