import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { echo } from '../../../src/dicom/dimse-client.js'
import type { Log } from '../../../src/platform/log.js'
import { startCentreWorklist } from '../../../src/uplink/inbound/centre-worklist.js'
import { fixedClock } from '../../fakes/fixed-clock.js'
import { waitFor } from '../../flows/appliance.js'
import { describeWith, peerPath } from '../../flows/peers.js'

const run = promisify(execFile)
const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})
/** One entry as DCMTK's dump2dcm reads it. */
const entry = (more: { id: string; day: string; study: string }): string => [
  '(0008,0005) CS [ISO_IR 192]', `(0008,0050) SH [ACC-${more.id}]`, '(0010,0010) PN [Phantom^Åsa]', `(0010,0020) LO [${more.id}]`, '(0010,0030) DA [19800203]', '(0010,0040) CS [F]',
  `(0020,000d) UI [${more.study}]`, '(0032,1060) LO [Chest film]', '(0040,1001) SH [R1]', '(0040,0100) SQ (Sequence with explicit length #=1)', '(fffe,e000) na (Item with explicit length #=6)',
  '(0008,0060) CS [DX]', '(0040,0001) AE [XRAY]', `(0040,0002) DA [${more.day}]`, '(0040,0003) TM [101500]', '(0040,0007) LO [Chest PA]', '(0040,0009) SH [S1]', '(fffe,e00d) na (ItemDelimitationItem)', '(fffe,e0dd) na (SequenceDelimitationItem)', ''
].join('\n')

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
    const list = join(folder, 'lists', 'CENTRE')
    await mkdir(list, { recursive: true })
    await writeFile(join(list, 'lockfile'), '')
    const entries = [{ id: 'C17', day: '20260301', study: '2.25.17' }, { id: 'C18', day: '20260303', study: '2.25.18' }, { id: 'C19', day: '20260228', study: '2.25.19' }]
    for (const one of entries) {
      await writeFile(join(folder, 'entry.dump'), entry(one))
      await run('dump2dcm', [join(folder, 'entry.dump'), join(list, `${one.id}.wl`)])
    }
    port = await freePort()
    const server = spawn(peerPath('wlmscpfs')!, ['-s', '-dfp', join(folder, 'lists'), String(port)], { stdio: 'ignore' })
    stopServer = () => new Promise((resolve) => {
      if (server.exitCode !== null || server.signalCode !== null) return resolve()
      server.once('exit', () => resolve())
      server.kill('SIGKILL')
    })
    await waitFor(async () => ((await echo({ host: '127.0.0.1', port, calledAe: 'CENTRE', callingAe: 'TEST', timeoutMs: 1000 })).ok ? true : undefined), { timeoutMs: 20_000, hint: () => 'wlmscpfs does not answer' })
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
