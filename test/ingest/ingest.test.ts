import { createHash } from 'node:crypto'
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dataSetOffset } from '../../src/dicom/codec.js'
import type { Arrival, Deliver, Receipt } from '../../src/domain/arrival.js'
import { answerStudy } from '../../src/domain/study-changes.js'
import { createIngest } from '../../src/ingest/ingest.js'
import { silentLog } from '../../src/platform/log.js'
import type { StudyStore } from '../../src/store/study-store.js'
import { badSector } from '../fakes/bad-sector.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { makeDicom } from '../generators/dicom.js'
import { openStore, temporaryRoot } from '../store/studies.js'
import { urgentFundus } from '../web/views/samples.js'

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])

describe('ingest', () => {
  let root: string
  let store: StudyStore
  let deliver: Deliver
  let trusted: boolean
  let spooled = 0
  const openAll = async (reserveBytes = 0): Promise<void> => {
    store = await openStore(root, reserveBytes)
    deliver = createIngest({ store, clock: fixedClock(), log: silentLog, clockTrusted: () => trusted })
  }
  beforeEach(async () => {
    root = await temporaryRoot()
    trusted = true
    await openAll()
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  })

  const arrive = async (bytes: Uint8Array, extra: Partial<Arrival> = {}): Promise<Arrival> => {
    const spoolPath = join(root, 'spool', `arrival-${(spooled += 1)}`)
    await writeFile(spoolPath, bytes)
    return { spoolPath, source: { kind: 'watched-folder', deviceId: 'inbox' }, receivedAt: '2026-03-01T08:00:00.000Z', ...extra }
  }
  const send = async (bytes: Uint8Array, extra: Partial<Arrival> = {}): Promise<Receipt> => {
    const result = await deliver(await arrive(bytes, extra))
    if (!result.ok) throw new Error(result.error.code)
    return result.value
  }

  it('keeps a picture byte for byte as a study', async () => {
    const receipt = await send(PNG, { originalName: 'left eye.png', laterality: 'L' })
    const study = await store.read(receipt.studyId!)
    expect(receipt.outcome).toBe('stored')
    expect(new Uint8Array(await readFile(store.objectPath(study)))).toEqual(PNG)
    expect(study).toMatchObject({ laterality: 'L', timeUncertain: false, object: { content: 'png', bytes: 11, originalName: 'left eye.png' } })
    expect(study.object.fingerprint).toBe(study.object.sha256)
  })

  it('keeps the facts of a DICOM object, and identifies it by its data set without the meta header', async () => {
    const file = makeDicom({ sopInstanceUid: '1.2.3.4' })
    const study = await store.read((await send(file)).studyId!)
    expect(study.dicom?.sopInstanceUid).toBe('1.2.3.4')
    expect(study.object.sopInstanceUid).toBe('1.2.3.4')
    expect(study.object.fingerprint).toBe(createHash('sha256').update(file.subarray(dataSetOffset(file))).digest('hex'))
  })

  it('takes the same object twice as one, whatever header was written around it', async () => {
    const first = await send(makeDicom({ sopInstanceUid: '1.2.3.4', preamble: true }))
    const again = await send(makeDicom({ sopInstanceUid: '1.2.3.4', preamble: false }))
    expect(again).toEqual({ outcome: 'duplicate', studyId: first.studyId })
    expect(store.counts().total).toBe(1)
    expect(await readdir(join(root, 'spool'))).toEqual([])
  })

  it('makes one study of an object that arrives over several links at once', async () => {
    const bytes = makeDicom({ sopInstanceUid: '1.2.3.4' })
    const receipts = await Promise.all(Array.from({ length: 12 }, () => send(bytes)))
    expect(receipts.filter((receipt) => receipt.outcome === 'stored')).toHaveLength(1)
    expect(new Set(receipts.map((receipt) => receipt.studyId)).size).toBe(1)
    expect(store.counts().total).toBe(1)
  })

  it('answers duplicate when the power was cut between storing and emptying the spool', async () => {
    const first = await send(PNG)
    await store[Symbol.asyncDispose]()
    await openAll()
    expect(await send(PNG)).toEqual({ outcome: 'duplicate', studyId: first.studyId })
  })

  it('reads a picture as a photograph of a film that is sent again as one, once, and takes it back for none that is sent again as any picture', async () => {
    const film = { source: { kind: 'film-photo', deviceId: 'film-photos', operator: 'amina' } }
    const first = await send(PNG, { source: { kind: 'upload', deviceId: 'upload', operator: 'amina' } })
    const id = first.studyId!
    const read = () => store.change(id, { by: 'system', event: 'analysed' }, (now) => ({ ...now, state: 'ready', modality: 'cxr' }))
    await read()
    expect(await send(PNG, film)).toEqual({ outcome: 'duplicate', studyId: id })
    expect(await store.read(id)).toMatchObject({ state: 'received', source: film.source })
    expect((await store.read(id)).history.at(-1)).toMatchObject({ event: 'retry', detail: 'film-photo', by: 'amina' })
    await read()
    await send(PNG, film)
    await send(PNG, { source: { kind: 'upload', deviceId: 'upload' } })
    expect(await store.read(id)).toMatchObject({ state: 'ready', source: film.source })
  })

  it('takes an image back that is only in the archive when a person sends it again, and not when a device goes through its memory', async () => {
    const { studyId } = await send(PNG)
    const path = store.objectPath(await store.read(studyId!))
    const evicted = { at: '2026-03-01T09:00:00.000Z', archives: ['pacs'] }
    const lacksPictures: string[] = []
    store.onDamage((id) => lacksPictures.push(id))
    await store.change(studyId!, { by: 'system', event: 'image-evicted' }, (now) => ({ ...now, state: 'ready', modality: 'cxr', evicted }))
    await rm(path)
    expect(await send(PNG)).toEqual({ outcome: 'duplicate', studyId })
    expect(await store.read(studyId!)).toMatchObject({ evicted })
    expect(await send(PNG, { source: { kind: 'upload', deviceId: 'upload', operator: 'amina' }, byHand: true })).toEqual({ outcome: 'duplicate', studyId })
    const study = await store.read(studyId!)
    expect(study).not.toHaveProperty('evicted')
    expect(lacksPictures).toEqual([studyId])
    expect(new Uint8Array(await readFile(path))).toEqual(PNG)
    expect(answerStudy(study, { ageYears: 40 })).toMatchObject({ ok: true, value: { state: 'received' } })
  })

  it('takes no image back from the archive where no room would stay for new ones', async () => {
    const { studyId } = await send(PNG)
    const evicted = { at: '2026-03-01T09:00:00.000Z', archives: ['pacs'] }
    await store.change(studyId!, { by: 'system', event: 'image-evicted' }, (now) => ({ ...now, state: 'ready', evicted }))
    await store[Symbol.asyncDispose]()
    await openAll(2 ** 60)
    expect(await send(PNG, { source: { kind: 'upload', deviceId: 'upload', operator: 'amina' }, byHand: true })).toEqual({ outcome: 'duplicate', studyId })
    expect(await store.read(studyId!)).toMatchObject({ evicted })
  })

  it('lets leave and reads what could not be for as long as the image was only in the archive, once it is taken back', async () => {
    const { studyId } = await send(PNG)
    const path = store.objectPath(await store.read(studyId!))
    const gone = { code: 'object-evicted', message: 'This image is in the archive.' }
    const image = { destination: 'pacs', kind: 'image' as const, sopClassUid: '1', sopInstanceUid: '2.25.9', report: 2, identityHash: 'a', state: 'needs-person' as const, at: '2026-03-01T10:00:00.000Z', attempts: 0, problem: gone }
    await store.change(studyId!, { by: 'system', event: 'image-evicted' }, (now) => ({ ...now, state: 'failed', failure: gone, deliveries: [image], evicted: { at: '2026-03-01T09:00:00.000Z', archives: ['pacs'] } }))
    await rm(path)
    await send(PNG, { source: { kind: 'upload', deviceId: 'upload', operator: 'amina' }, byHand: true })
    const { state, failure, deliveries } = await store.read(studyId!)
    expect([state, failure, deliveries?.[0]?.state, deliveries?.[0]?.problem]).toEqual(['received', undefined, 'pending', undefined])
  })

  it('reads no photo of an eye as a film, which is sent again as one by mistake', async () => {
    const { studyId } = await send(PNG, { source: { kind: 'upload', deviceId: 'upload' } })
    await store.change(studyId!, { by: 'system', event: 'analysed' }, (now) => ({ ...now, state: 'ready', modality: 'fundus', reading: urgentFundus.reading! }))
    await send(PNG, { source: { kind: 'film-photo', deviceId: 'film-photos' } })
    expect(await store.read(studyId!)).toMatchObject({ state: 'ready', source: { kind: 'upload' } })
  })

  it('keeps both of two objects with one UID, and asks a person', async () => {
    const first = await send(makeDicom({ sopInstanceUid: '1.2.3.4', rows: 48 }))
    const second = await send(makeDicom({ sopInstanceUid: '1.2.3.4', rows: 50 }))
    expect(second.outcome).toBe('stored')
    expect((await store.read(second.studyId!)).questions.map((question) => question.code)).toEqual(['same-uid-other-content'])
    expect((await store.read(first.studyId!)).history.at(-1)).toMatchObject({ event: 'same-uid-other-content', detail: second.studyId })
  })

  it.each([['lost', (path: string) => rm(path)], ['damaged', async (path: string) => writeFile(path, (await readFile(path)).fill(7, 3, 5))]])('never answers duplicate for bytes that are %s: those that came again take their place', async (_how, harm) => {
    const first = await send(PNG)
    const path = store.objectPath(await store.read(first.studyId!))
    await harm(path)
    expect(await send(PNG)).toEqual({ outcome: 'duplicate', studyId: first.studyId })
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(PNG))
    expect(store.counts().total).toBe(1)
  })

  it.each([
    ['is whole', () => Promise.resolve()],
    ['is lost too', (path: string) => rm(path)],
    ['is damaged too', (path: string) => writeFile(path, 'garbage')]
  ])('makes a document that can not be read anew rather than a second study, where the image %s', async (_how, harm) => {
    const first = await send(PNG)
    const before = await store.read(first.studyId!)
    await writeFile(join(dirname(store.objectPath(before)), 'study.json'), 'garbage')
    await harm(store.objectPath(before))
    expect(await send(PNG)).toEqual({ outcome: 'duplicate', studyId: first.studyId })
    expect(await store.read(first.studyId!)).toMatchObject({ state: 'received', sequence: before.sequence, object: before.object, history: [{ event: 'rebuilt' }] })
    expect(new Uint8Array(await readFile(store.objectPath(before)))).toEqual(PNG)
    expect(store.counts().total).toBe(1)
  })

  it('keeps an object again when the folder of its study is gone', async () => {
    const first = await send(PNG)
    await rm(dirname(store.derivedFolder(first.studyId!)), { recursive: true })
    const again = await send(PNG)
    expect(again.outcome).toBe('stored')
    expect(await send(PNG)).toEqual({ outcome: 'duplicate', studyId: again.studyId })
  })

  it('keeps one study where the disk failed after a folder was in its place: the sender was told to send again', async () => {
    let armed = true
    {
      using _disk = badSector((path) => armed && /studies\/2026\/03$/.test(path) && !(armed = false))
      expect(await deliver(await arrive(PNG))).toMatchObject({ ok: false, error: { code: 'io-error' } })
    }
    expect((await send(PNG)).outcome).toBe('stored')
    await store[Symbol.asyncDispose]()
    await openAll()
    expect(store.counts().total).toBe(1)
  })

  it.each([
    ['an empty file', new Uint8Array(), 'empty-file'],
    ['a text file', new TextEncoder().encode('Dear colleague, the image will follow.'), 'not-an-image'],
    ['a text file that claims to be DICOM', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.from('and nothing more')]), 'bad-dicom']
  ])('keeps %s in quarantine with the reason', async (_name, bytes, code) => {
    const receipt = await send(bytes, { originalName: 'scan.dcm' })
    expect(receipt).toMatchObject({ outcome: 'quarantined', problem: { code } })
    expect(new Uint8Array(await readFile(store.quarantinePath(receipt.quarantineId!)))).toEqual(new Uint8Array(bytes))
    expect(store.counts().total).toBe(0)
  })

  it('keeps a truncated object whose header can be read: its pixels are the reader\'s business', async () => {
    const file = makeDicom({ rows: 256, columns: 256 })
    expect((await send(file.subarray(0, file.length / 2))).outcome).toBe('stored')
  })

  it('takes nothing when the store is full, and leaves the spool file to the device', async () => {
    await store[Symbol.asyncDispose]()
    await openAll(Number.MAX_SAFE_INTEGER)
    const arrival = await arrive(PNG)
    expect(await deliver(arrival)).toMatchObject({ ok: false, error: { code: 'store-full' } })
    expect((await stat(arrival.spoolPath)).size).toBe(PNG.length)
  })

  it('answers with a problem, not an exception, when the spool file is gone', async () => {
    const arrival = await arrive(PNG)
    await rm(arrival.spoolPath)
    expect(await deliver(arrival)).toMatchObject({ ok: false, error: { code: 'io-error' } })
  })

  it('marks times while the clock is not trusted', async () => {
    trusted = false
    expect(await store.read((await send(PNG)).studyId!)).toMatchObject({ timeUncertain: true })
  })
})
