import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Log } from '../../../src/platform/log.js'
import { startCentreWorklist } from '../../../src/uplink/inbound/centre-worklist.js'
import { fixedClock } from '../../fakes/fixed-clock.js'
import { waitFor } from '../../flows/appliance.js'
import { describeWith } from '../../flows/peers.js'
import { startWorklistServer } from '../../flows/worklist-server.js'
import { certificatesIn } from '../../generators/certificates.js'

describeWith(['wlmscpfs', 'dump2dcm'], 'the worklist of the centre', () => {
  const clock = fixedClock('2026-03-01T09:00:00.000Z')
  let folder: string
  let port: number
  let stopServer: () => Promise<void>
  let warnings: string[]
  const log: Log = { info: () => undefined, warn: (event, fields) => { warnings.push(`${event} ${JSON.stringify(fields)}`) }, error: () => undefined, child: () => log }
  const start = () => startCentreWorklist({ worklist: { host: '127.0.0.1', port, aeTitle: 'CENTRE', callingAeTitle: 'SCREENPOST', everyMinutes: 15 }, folder: join(folder, 'worklist'), clock, log })
  const kept = () => readFile(join(folder, 'worklist', 'centre.json'), 'utf8')

  beforeEach(async () => {
    warnings = []
    folder = await mkdtemp(join(tmpdir(), 'centre-worklist-'))
    const server = await startWorklistServer(folder, [{ id: 'C17', day: '20260301', study: '2.25.17' }, { id: 'C18', day: '20260303', study: '2.25.18' }, { id: 'C19', day: '20260228', study: '2.25.19' }])
    port = server.port
    stopServer = () => server.stop()
  }, 30_000)
  afterEach(async () => {
    await stopServer()
    await rm(folder, { recursive: true, force: true })
  })

  it('is fetched for today and the days after, each order with its numbers', async () => {
    await using centre = await start()
    await waitFor(() => Promise.resolve(centre.items().length > 0 || undefined), { timeoutMs: 10_000, hint: () => warnings.join('\n') })
    const first = { patientId: 'C17', patientName: 'Phantom Åsa', sex: 'F', birthDate: '1980-02-03', date: '2026-03-01', time: '10:15', description: 'Chest PA', modality: 'DX', accessionNumber: 'ACC-C17', studyInstanceUid: '2.25.17' }
    expect([...centre.items()].sort((a, b) => a.patientId.localeCompare(b.patientId))).toEqual([first, expect.objectContaining({ patientId: 'C18', date: '2026-03-03' })])
    expect(warnings).toEqual([])
  })

  it('is fetched encrypted, from a server that the pinned authority signed for and from no other', async () => {
    const certificates = certificatesIn(folder)
    const [centre, stranger] = [certificates.authority('centre'), certificates.authority('stranger')]
    const server = certificates.issue('server', 'centre')
    const lines = new Set<Socket>()
    const door = createTlsServer({ key: server.key, cert: server.cert }, (line) => {
      const inner = connect(port, '127.0.0.1')
      for (const one of [line, inner]) { lines.add(one); one.on('error', () => undefined) }
      line.pipe(inner).pipe(line)
    })
    await new Promise<void>((resolve) => { door.listen(0, '127.0.0.1', resolve) })
    const by = (ca: string) => startCentreWorklist({ worklist: { host: '127.0.0.1', port: (door.address() as AddressInfo).port, aeTitle: 'CENTRE', callingAeTitle: 'SCREENPOST', everyMinutes: 15, tls: { ca, checkName: false } }, folder: join(folder, 'worklist'), clock, log })
    try {
      const wrong = await by(stranger.certPath)
      await waitFor(() => warnings.length > 0 || undefined, { timeoutMs: 10_000, hint: () => 'no warning' })
      expect([wrong.items(), warnings.join()]).toEqual([[], expect.stringMatching(/^centre-worklist-not-fetched/)])
      await wrong[Symbol.asyncDispose]()
      await using right = await by(centre.certPath)
      await waitFor(() => right.items().length === 2 || undefined, { timeoutMs: 10_000, hint: () => warnings.join('\n') })
    } finally {
      for (const line of lines) line.destroy()
      door.close()
    }
  })

  it('serves from the disk after a restart without a link', async () => {
    const before = await start()
    await waitFor(() => kept().catch(() => undefined), { timeoutMs: 10_000, hint: () => warnings.join('\n') })
    const known = before.items()
    await before[Symbol.asyncDispose]()
    await stopServer()
    await using after = await start()
    expect(after.items()).toEqual(known)
    await waitFor(() => Promise.resolve(warnings.length > 0 || undefined), { timeoutMs: 10_000, hint: () => 'no warning' })
    expect(warnings.join()).toMatch(/^centre-worklist-not-fetched/)
    expect(warnings.join()).not.toMatch(/C17|Phantom/)
    expect(after.items()).toEqual(known)
  })

  it('leaves a damaged copy out with a warning, and fetches it anew', async () => {
    const before = await start()
    const whole = await waitFor(() => kept().catch(() => undefined), { timeoutMs: 10_000, hint: () => warnings.join('\n') })
    await before[Symbol.asyncDispose]()
    await writeFile(join(folder, 'worklist', 'centre.json'), whole.replace('C17', 'C71'))
    await using after = await start()
    expect(warnings.join()).toMatch(/^centre-worklist-damaged/)
    expect(after.items()).toEqual([])
    await waitFor(() => Promise.resolve(after.items().length === 2 || undefined), { timeoutMs: 10_000, hint: () => warnings.join('\n') })
    await waitFor(async () => ((await kept()) !== whole.replace('C17', 'C71') ? true : undefined), { timeoutMs: 10_000, hint: () => 'not written' })
  })
})
