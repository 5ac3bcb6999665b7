import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { importStick, writeReceipts } from '../../src/relay/import-stick.js'
import { ObjectStore } from '../../src/relay/object-store.js'
import { StudyStore } from '../../src/store/study-store.js'
import { importReceipts } from '../../src/uplink/import-receipts.js'
import { folderTransport } from '../../src/uplink/transports/folder/folder.js'
import { newIdentity, recipientOf } from '../../src/uplink/transports/folder/seal.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { delivery } from './samples.js'
import { film, terms } from './transports/cargo.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

it('tells of a stick that came back which objects the PACS refused, and that a person must look', async () => {
  const [root, stick, centre] = [await temporaryRoot(), await temporaryRoot(), await temporaryRoot()]
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  closers.push(...[root, stick, centre].map((path) => () => rm(path, { recursive: true, force: true })), async () => store[Symbol.asyncDispose]())
  const identity = await newIdentity()
  const stateFolder = join(root, 'uplink')
  const options = { folder: stick, recipient: await recipientOf(identity), clinic: 'hill', sameDisk: true, againAfterDays: 14 }
  const transport = folderTransport.open(options, { clock: systemClock, stateFolder: join(stateFolder, 'stick'), confirmed: () => undefined })
  const films = ['7.1', '7.2'].map((uid) => film(uid))
  await transport.send(films, terms())
  const accepted = films.map(({ sopClassUid, sopInstanceUid }): Delivery => ({ ...delivery, destination: 'stick', kind: 'image', sopClassUid, sopInstanceUid, state: 'accepted' }))
  const { id } = await store.create(await newStudy(root))
  await store.change(id, { by: 'system', event: 'test' }, (study) => ({ ...study, deliveries: accepted }))

  const objects = await ObjectStore.open(join(centre, 'objects'))
  const parts = { store: objects, clock: systemClock, spoolFolder: join(centre, 'spool'), identity, reserveBytes: 0 }
  const [imported] = await importStick(stick, parts)
  const why = { code: 'refused', message: 'The destination refused the object.' }
  await objects.change(objects.find('stick:hill', '7.2')!, (now) => ({ ...now, state: 'refused', status: 0xc000, problem: why }))
  await writeReceipts(imported!, parts)

  expect(await importReceipts({ store, clock: systemClock, stateFolder, stick })).toEqual({ committed: 0, heldByRelay: 1, refused: 1, waiting: 0 })
  expect((await store.read(id)).deliveries).toMatchObject([{ sopInstanceUid: '7.1', state: 'accepted', heldByRelay: true }, { sopInstanceUid: '7.2', state: 'needs-person', problem: why }])
})
