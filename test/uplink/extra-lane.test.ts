import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { problem } from '../../src/domain/problem.js'
import { err, ok } from '../../src/domain/result.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { Documents } from '../../src/uplink/destination.js'
import type { TransportKind } from '../../src/uplink/transports/transport.js'
import { startUplink } from '../../src/uplink/uplink.js'
import { waitFor } from '../flows/appliance.js'
import { newStudy, temporaryRoot } from '../store/studies.js'
import { pacsAt, saying } from './samples.js'

const STUDIES = 40
const IMAGE_BYTES = 100_000
const documents: Documents = {
  describe: ({ state, sequence }) => (state !== 'ready' ? undefined : { ...saying('a'), objects: () => [{ kind: 'image', sopClassUid: '1.3', sopInstanceUid: `2.25.8${sequence}` }] }),
  make: (_, { sopClassUid, sopInstanceUid }) => Promise.resolve(ok({ sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2', file: Buffer.alloc(IMAGE_BYTES) }))
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

it('a fast PACS that allows one association takes everything, and is never thought to be away', { timeout: 60_000 }, async () => {
  const seen = { open: 0, refused: 0, probes: 0 }
  const kind: TransportKind = {
    kind: 'dicom', archives: true, carries: 'dicom', parseOptions: () => err([]),
    open: () => ({
      address: 'ONE@127.0.0.1',
      probe: () => { seen.probes += 1; return Promise.resolve(ok({ ms: 1 })) },
      async send(cargo, { answered }) {
        if (seen.open > 0) {
          seen.refused += 1
          return { answers: cargo.map(() => ({ kind: 'untouched' })), problem: problem('association-rejected', 'local limit exceeded') }
        }
        seen.open += 1
        for (const index of cargo.keys()) {
          await sleep(20)
          answered?.(index, { kind: 'stored' })
        }
        seen.open -= 1
        return { answers: cargo.map(() => ({ kind: 'stored' })) }
      }
    })
  }
  const root = await temporaryRoot()
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  for (let i = 0; i < STUDIES; i++) {
    const { id } = await store.create(await newStudy(root))
    await store.change(id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready' }))
  }
  const uplink = startUplink({ destinations: [pacsAt(1, { commitment: false })], kinds: [kind], stateFolder: join(root, 'uplink'), store, documents, clock: systemClock, log: silentLog })
  closers.push(() => rm(root, { recursive: true, force: true }), async () => store[Symbol.asyncDispose](), async () => uplink[Symbol.asyncDispose]())
  await waitFor(() => uplink.status()[0]?.accepted === STUDIES || undefined, { timeoutMs: 50_000, hint: () => JSON.stringify(uplink.status()) })
  expect(seen).toMatchObject({ refused: 1, probes: 0 })
})
