import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { orderByEyes } from '../../../src/compose/eye-order.js'
import { createPractice } from '../../../src/compose/practice.js'
import { reportOf } from '../../../src/compose/report.js'
import { Access } from '../../../src/access/access.js'
import { AuditTrail } from '../../../src/access/audit.js'
import type { Role } from '../../../src/access/roles.js'
import type { PatientId } from '../../../src/domain/ids.js'
import type { Reading } from '../../../src/domain/reading.js'
import type { Problem } from '../../../src/domain/problem.js'
import type { Result } from '../../../src/domain/result.js'
import { ok } from '../../../src/domain/result.js'
import type { Study } from '../../../src/domain/study.js'
import { decodeFile } from '../../../src/ingest/decode/decode.js'
import { createIngest } from '../../../src/ingest/ingest.js'
import { createStudyCommands } from '../../../src/patients/commands.js'
import { PatientRegistry } from '../../../src/patients/patients.js'
import { createBelongs } from '../../../src/patients/visits-arrivals.js'
import { Visits } from '../../../src/patients/visits.js'
import { renderPhantom } from '../../../src/phantoms/phantom.js'
import { createFullFrames } from '../../../src/pipeline/full-frame.js'
import { writePng } from '../../../src/pipeline/reader/derived-files.js'
import type { RenderRequest } from '../../../src/pipeline/reader/protocol.js'
import { systemClock } from '../../../src/platform/clock.js'
import { silentLog } from '../../../src/platform/log.js'
import { StudyStore } from '../../../src/store/study-store.js'
import { startWebServer } from '../../../src/web/server.js'
import { systemModel } from '../views/every-page.js'
import { urgentFundus } from '../views/samples.js'

export const PIN = '482913'

/** A phantom as a PNG file; the seed decides the content, so two seeds are two objects. */
export async function phantomPng(seed: number): Promise<Buffer> {
  const pixels = renderPhantom('fundus', { seed, width: 256, height: 256 })
  return sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: pixels.channels } }).png().toBuffer()
}

async function openParts(root: string) {
  const store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
  const [patients, access, audit] = await Promise.all([
    PatientRegistry.open({ folder: join(root, 'patients'), clock: systemClock }), Access.open({ folder: join(root, 'access'), clock: systemClock }), AuditTrail.open({ folder: join(root, 'audit'), clock: systemClock })
  ])
  orderByEyes({ store, patients })
  const visits = await Visits.open({ folder: join(root, 'visits'), clock: systemClock, log: silentLog, clockTrusted: () => true, patients })
  return { store, patients, access, audit, visits }
}

/** What the reader child would have stored, from made-up findings. */
async function giveVerdict(store: StudyStore, id: string, over: Partial<Study> = {}): Promise<Study> {
  const folder = store.derivedFolder(id)
  await mkdir(folder, { recursive: true })
  const image = sharp(await phantomPng(3))
  await image.clone().resize(160).jpeg().toFile(join(folder, 'thumbnail.jpg'))
  await image.clone().jpeg().toFile(join(folder, 'tablet-0.jpg'))
  await image.clone().png().toFile(join(folder, 'heatmap-dr-referable.png'))
  const derived: Reading['derived'] = [{ role: 'thumbnail', name: 'thumbnail.jpg' }, { role: 'preview', name: 'tablet-0.jpg', frame: 0 }, { role: 'heatmap', name: 'heatmap-dr-referable.png' }]
  const { reading, triage, modality, laterality } = urgentFundus
  return store.change(id, { by: 'system', event: 'read' }, (study) => ({ ...study, state: 'ready', modality, laterality, triage, ...(reading ? { reading: { ...reading, image: { width: 256, height: 256, channels: 3, frames: 1 }, derived } } : {}), ...over }))
}

/** As the reader's child renders, in this process. */
async function render({ path, frame, size, target }: RenderRequest): Promise<Result<string, Problem>> {
  const decoded = await decodeFile(path)
  if (!decoded.ok) return decoded
  await writePng(decoded.value.pixels, frame, { size, target })
  return ok(target)
}

export type Clinic = Awaited<ReturnType<typeof openClinic>>

/** The web part as it runs, on a temporary folder: real store, patients, access, ingest and paper; only the reader's verdict is made up. */
export async function openClinic() {
  const root = await mkdtemp(join(tmpdir(), 'screenpost-pages-'))
  const parts = await openParts(root)
  const spoolFolder = join(root, 'spool')
  await mkdir(spoolFolder, { recursive: true })
  const deliver = createIngest({ store: parts.store, clock: systemClock, log: silentLog, clockTrusted: () => true, belongs: createBelongs(parts) })
  const commands = createStudyCommands({ ...parts, clock: systemClock })
  const server = await startWebServer({
    ...parts, deliver, spoolFolder, listen: { host: '127.0.0.1', port: 0 }, commands, staticFolder: 'web-static', clock: systemClock, log: silentLog,
    reader: { status: () => systemModel.reader }, fullFrame: createFullFrames({ store: parts.store, reader: { render } }), devices: { status: () => systemModel.devices, subscribe: () => () => undefined }, system: () => Promise.resolve(systemModel.system),
    reportPdf: (study, patient, printed) => reportOf({ ...parts, config: { siteName: 'Test clinic' }, clock: systemClock, packsFolder: 'models-int8' }, study, { ...printed, patient }), practice: createPractice(), registerPdf: () => Promise.resolve(new Uint8Array()), isHealthy: () => Promise.resolve(true)
  })
  for (const role of ['viewer', 'operator', 'clinician', 'admin'] as const) await parts.access.users.add({ id: role, name: `Test ${role}`, role, pin: PIN }, 'test')
  let sent = 0
  return {
    ...parts, commands, url: server.url,
    /** A cookie of a session in this role. */
    cookie: async (role: Role) => `screenpost_session=${await parts.access.sessions.start(role)}`,
    /** A registered person. */
    person: async (name: string): Promise<PatientId> => {
      const made = await parts.patients.register({ name }, 'test')
      if (!made.ok) throw new Error(made.error.code)
      return made.value.id
    },
    /** A phantom of this seed, or these bytes. */
    receive: async (what: number | Buffer): Promise<string> => {
      const spoolPath = join(spoolFolder, `test-${sent += 1}`)
      await writeFile(spoolPath, typeof what === 'number' ? await phantomPng(what) : what)
      const receipt = await deliver({ spoolPath, source: { kind: 'upload', deviceId: 'upload' }, receivedAt: new Date().toISOString(), originalName: 'eye.png' })
      if (!receipt.ok || !receipt.value.studyId) throw new Error('The phantom was not taken.')
      return receipt.value.studyId
    },
    giveVerdict: (id: string, over?: Partial<Study>) => giveVerdict(parts.store, id, over),
    close: async () => {
      await server.close()
      await parts.store[Symbol.asyncDispose]()
      await parts.audit[Symbol.asyncDispose]()
      await rm(root, { recursive: true, force: true })
    }
  }
}
