import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { writeObject } from '../../../src/dicom/codec.js'
import { ok } from '../../../src/domain/result.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { StudyStore } from '../../../src/store/study-store.js'
import type { Documents } from '../../../src/uplink/destination.js'
import { startUplink } from '../../../src/uplink/uplink.js'
import type { LinkShape } from '../../../test/fakes/shaped-link.js'
import { startShapedLink } from '../../../test/fakes/shaped-link.js'
import type { Figure } from '../figures.js'
import { run, until } from '../processes.js'
import { startStorescp } from '../receivers.js'

type Case = { readonly name: string; readonly shape: LinkShape & { readonly bytesPerSecond: number }; readonly objects: number; readonly objectBytes: number }

const satellite = { bytesPerSecond: 64_000 / 8, latencyMs: 300 }
const phone = { bytesPerSecond: 1e6 / 8, latencyMs: 50 }
const cable = { bytesPerSecond: 20e6 / 8, latencyMs: 10 }
const LOSS = { probability: 0.02, pauseMs: 200 }

const CASES: readonly Case[] = [
  { name: '64 kbit/s, 600 ms', shape: satellite, objects: 2, objectBytes: 250_000 },
  { name: '1 Mbit/s, 100 ms', shape: phone, objects: 6, objectBytes: 750_000 },
  { name: '20 Mbit/s, 20 ms', shape: cable, objects: 60, objectBytes: 750_000 },
  { name: '1 Mbit/s, 2 % loss', shape: { ...phone, loss: LOSS }, objects: 4, objectBytes: 750_000 }
]

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'

/** Images that nothing can make smaller, one a study. */
const documents = (objectBytes: number): Documents => ({
  describe: ({ state, sequence }) => (state !== 'ready' ? undefined : {
    contentHash: 'a', identityHash: 'a', identity: { source: 'none', patientId: 'PHANTOM', patientName: '', birthDate: '', sex: '' }, isNobody: () => false, pseudonymous: (object) => object,
    objects: () => [{ kind: 'image', sopClassUid: SECONDARY_CAPTURE, sopInstanceUid: `2.25.88${sequence}` }], rejection: () => ({ kind: 'rejection', sopClassUid: '', sopInstanceUid: '' })
  }),
  make: (_, { sopClassUid, sopInstanceUid }) => Promise.resolve(ok({
    sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1',
    file: writeObject({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid, PatientID: 'PHANTOM', StudyInstanceUID: '2.25.1', SeriesInstanceUID: '2.25.2', PixelData: new Uint8Array(randomBytes(objectBytes)).buffer })
  }))
})

async function study(store: StudyStore, root: string): Promise<void> {
  const bytes = randomBytes(64)
  const spoolPath = join(root, 'spool', bytes.toString('hex'))
  await writeFile(spoolPath, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { id } = await store.create({ spoolPath, object: { sha256, bytes: bytes.length, content: 'png', fingerprint: sha256 }, source: { kind: 'cli', deviceId: 'bench' }, receivedAt: new Date().toISOString(), timeUncertain: false })
  await store.change(id, { by: 'system', event: 'analysed' }, (one) => ({ ...one, state: 'ready' }))
}

type Sent = { /** First byte to last answer. */ readonly seconds: number; readonly wireBytes: number; /** The link's return to the first byte. */ readonly untilFirst: number }

/** A backlog that gathered while there was no link; then the link is back. */
async function throughUplink(scratch: string, { shape, objects, objectBytes }: Case): Promise<Sent | undefined> {
  const root = await mkdtemp(join(scratch, 'uplink-'))
  const pacs = await startStorescp(join(root, 'pacs'), ['--fork'])
  if (!pacs) return undefined
  const link = await startShapedLink({ port: pacs.port }, shape)
  await link.down('refused')
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  for (let i = 0; i < objects; i++) await study(store, root)
  const uplink = startUplink({
    destinations: [{ id: 'pacs', kind: 'dicom', send: ['images'], commitment: false, deidentified: false, onCorrection: 'ask', recompress: false, policy: { onlyUnmetered: false }, options: { host: '127.0.0.1', port: link.port, aeTitle: pacs.aeTitle, callingAeTitle: 'SCREENPOST' } }],
    stateFolder: join(root, 'state'), store, documents: documents(objectBytes), clock: systemClock, log: silentLog
  })
  try {
    await until('all planned', () => uplink.status()[0]?.outstanding === objects || undefined, 60_000)
    await link.up()
    const upMs = performance.now()
    await until('the first byte', () => link.bytes.up > 0 || undefined, 60_000)
    const startedMs = performance.now()
    await until('all accepted', () => uplink.status()[0]?.accepted === objects || undefined, 400_000)
    return { seconds: (performance.now() - startedMs) / 1000, wireBytes: link.bytes.up, untilFirst: (startedMs - upMs) / 1000 }
  } finally {
    await uplink[Symbol.asyncDispose]()
    await link.close()
    await pacs.stop()
    await store[Symbol.asyncDispose]()
  }
}

/** The same objects by DCMTK's storescu, one association, one after the other. */
async function throughStorescu(scratch: string, { shape, objects, objectBytes }: Case): Promise<number> {
  const root = await mkdtemp(join(scratch, 'storescu-'))
  const pacs = await startStorescp(join(root, 'pacs'), ['--fork'])
  if (!pacs) return NaN
  const files = join(root, 'files')
  await mkdir(files)
  for (let i = 0; i < objects; i++) await writeFile(join(files, `${i}.dcm`), writeObject({ SOPClassUID: SECONDARY_CAPTURE, SOPInstanceUID: `2.25.89${i}`, PatientID: 'PHANTOM', StudyInstanceUID: '2.25.1', SeriesInstanceUID: '2.25.2', PixelData: new Uint8Array(randomBytes(objectBytes)).buffer }))
  const link = await startShapedLink({ port: pacs.port }, shape)
  const startedMs = performance.now()
  await run('storescu', ['--call', pacs.aeTitle, '127.0.0.1', String(link.port), '--scan-directories', files])
  const seconds = (performance.now() - startedMs) / 1000
  await link.close()
  await pacs.stop()
  return seconds
}

/** The same bytes by curl over a link of the same shape; undefined without curl. */
async function throughCurl(scratch: string, { shape, objects, objectBytes }: Case): Promise<number | undefined> {
  if (spawnSync('which', ['curl']).status !== 0) return undefined
  const file = join(scratch, 'curl.bin')
  await writeFile(file, randomBytes(objects * objectBytes))
  const server = createServer((request, response) => { request.resume().on('end', () => response.end('ok')) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const link = await startShapedLink({ port: (server.address() as AddressInfo).port }, shape)
  const startedMs = performance.now()
  await run('curl', ['-sS', '-o', '/dev/null', '-H', 'Expect:', '-T', file, `http://127.0.0.1:${link.port}/`])
  const seconds = (performance.now() - startedMs) / 1000
  await link.close()
  server.close()
  return seconds
}

/** Goodput of the uplink by C-STORE against the capacity of shaped links and against curl, and bytes on the wire against bytes of image. */
export async function benchUplink(scratch: string): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const one of CASES) {
    const imageBytes = one.objects * one.objectBytes
    const sent = await throughUplink(scratch, one)
    if (!sent) throw new Error('storescp is not installed; scripts/test-peers.sh brings it.')
    const storescu = await throughStorescu(scratch, one)
    const curl = await throughCurl(scratch, one)
    const share = (seconds: number): number => (100 * imageBytes) / seconds / one.shape.bytesPerSecond
    figures.push({ part: 'uplink', name: `${one.name}: goodput of capacity`, value: share(sent.seconds), unit: '%', note: `${one.objects} x ${one.objectBytes / 1000} kB to storescp` })
    figures.push({ part: 'uplink', name: `${one.name}: storescu beside it`, value: share(storescu), unit: '%', note: 'the same objects, one association' })
    figures.push({ part: 'uplink', name: `${one.name}: link's return to first byte`, value: sent.untilFirst, unit: 's' })
    if (curl !== undefined) {
      figures.push({ part: 'uplink', name: `${one.name}: curl beside it`, value: share(curl), unit: '%', note: 'the same bytes in one upload' })
      figures.push({ part: 'uplink', name: `${one.name}: of curl's rate`, value: (100 * curl) / sent.seconds, unit: '%' })
    }
    figures.push({ part: 'uplink', name: `${one.name}: wire against image`, value: sent.wireBytes / imageBytes, unit: 'x' })
  }
  return figures
}
