import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { createPractice } from '../../src/compose/practice.js'
import { Access } from '../../src/access/access.js'
import { AuditTrail } from '../../src/access/audit.js'
import type { Role } from '../../src/access/roles.js'
import type { StudyId } from '../../src/domain/ids.js'
import type { Study } from '../../src/domain/study.js'
import { createIngest } from '../../src/ingest/ingest.js'
import { createStudyCommands } from '../../src/patients/commands.js'
import { PatientRegistry } from '../../src/patients/patients.js'
import { createBelongs } from '../../src/patients/visits-arrivals.js'
import { Visits } from '../../src/patients/visits.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'
import type { WebDependencies, WebLimits } from '../../src/web/dependencies.js'
import { startWebServer } from '../../src/web/server.js'
import type { WebServer } from '../../src/web/server.js'

export type TestWeb = AsyncDisposable & {
  readonly url: string
  readonly folder: string
  readonly deps: WebDependencies
  readonly store: StudyStore
  readonly server: WebServer
  /** Bearer header of a fresh token. */
  bearer(role: Role): Promise<Record<string, string>>
  /** A stored study of a small grey picture; `n` makes its bytes its own. */
  newStudy(n: number): Promise<Study>
}

/** The whole web part on port 0 with the real store, patients, access and audit in a temporary folder; only the reader is told. */
export async function startTestWeb(options: { limits?: Partial<WebLimits>; folder?: string; deps?: Partial<WebDependencies> } = {}): Promise<TestWeb> {
  const folder = options.folder ?? await mkdtemp(join(tmpdir(), 'screenpost-web-'))
  const clock = systemClock
  const store = await StudyStore.open({ root: folder, clock, log: silentLog, reserveBytes: 0 })
  const access = await Access.open({ folder: join(folder, 'access'), clock })
  const audit = await AuditTrail.open({ folder: join(folder, 'audit'), clock })
  const patients = await PatientRegistry.open({ folder: join(folder, 'patients'), clock })
  const visits = await Visits.open({ folder: join(folder, 'visits'), clock, log: silentLog, clockTrusted: () => true, patients })
  const deps: WebDependencies = {
    listen: { host: '127.0.0.1', port: 0 }, store, access, audit, patients, visits, clock, log: silentLog,
    deliver: createIngest({ store, clock, log: silentLog, clockTrusted: () => true, belongs: createBelongs({ visits, patients }) }),
    commands: createStudyCommands({ store, patients, clock, visits }),
    fullFrame: async ({ reading }, frame) => (reading && frame < reading.image.frames ? { ok: false, error: { code: 'reader-unavailable', message: 'No reader in this test.' } } : { ok: true, value: undefined }), reader: { status: () => ({ provider: 'cpu', alive: true, restarts: 0, packs: [{ id: 'fundus-dr', version: '1.0.0', inService: true, task: 'ordinal-grade', modality: 'fundus' }] }) },
    devices: { status: () => [{ id: 'dicom', kind: 'dicom-receiver', state: 'connected', detail: 'AE title SCREENPOST', received: 2 }], subscribe: () => () => undefined },
    system: async () => ({
      version: '0.0.0', siteName: 'Test clinic', startedAt: '2026-01-01T00:00:00.000Z', clockTrusted: true,
      disk: { freeBytes: 1e9, warnBytes: 1e7, reserveBytes: 1e6 }, dicom: 'SCREENPOST@0.0.0.0:11112', warnings: []
    }),
    reportPdf: async () => Buffer.from('%PDF-1.7 test'), practice: createPractice(), registerPdf: async () => Buffer.from('%PDF-1.7 register'), isHealthy: async () => true,
    spoolFolder: join(folder, 'spool'), staticFolder: resolve(import.meta.dirname, '../../web-static'),
    ...options.deps, limits: options.limits
  }
  const server = await startWebServer(deps)
  return {
    url: server.url, folder, deps, store, server,
    bearer: async (role) => ({ authorization: `Bearer ${(await access.createToken({ role, label: `a ${role}`, by: 'test' })).token}` }),
    newStudy: async (n) => {
      const form = new FormData()
      form.append('file', new Blob([await picture(n)]), `picture-${n}.png`)
      const made = await access.createToken({ role: 'operator', label: 'sender', by: 'test' })
      const answer = await fetch(`${server.url}/api/v1/uploads`, { method: 'POST', body: form, headers: { authorization: `Bearer ${made.token}` } })
      const { files } = (await answer.json()) as { files: [{ studyId: StudyId }] }
      return store.read(files[0].studyId)
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await audit[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
      if (!options.folder) await rm(folder, { recursive: true, force: true })
    }
  }
}

export const picture = (n: number): Promise<Buffer> =>
  sharp({ create: { width: 32 + (n % 50), height: 32 + Math.trunc(n / 50), channels: 3, background: { r: n % 256, g: 40, b: 60 } } }).png().toBuffer()

/** As the reader would leave it. */
export const readStudy = (web: TestWeb, id: StudyId): Promise<Study> => web.store.change(id, { by: 'system', event: 'read' }, (study) => ({
  ...study, state: 'ready', modality: 'fundus', triage: { level: 'urgent', text: 'Refer within a week.' },
  reading: {
    content: 'png', image: { width: 32, height: 32, channels: 3, frames: 1 }, modality: 'fundus', provider: 'cpu', detail: {},
    pack: { id: 'fundus-dr', version: '1.0.0', sha256: 'a'.repeat(64) }, quality: { gradable: true, score: 0.9, reasons: [] },
    findings: [{ code: 'dr-referable', name: 'Referable', score: 0.8, threshold: 0.5, positive: true }],
    derived: [{ role: 'full', name: 'full-0.png', frame: 0 }], timingMs: { decode: 1, quality: 1, preprocess: 1, inference: 1, total: 4 }
  }
}))

export const FIRST = { id: 'amina', name: 'Amina', pin: '739164' }
export const NURSE = { id: 'nurse', name: 'Grace', pin: '582913' }

/** Makes the first two people through /setup; returns the admin's cookie. */
export async function setUp(web: TestWeb): Promise<string> {
  const pin = await web.deps.access.newFirstLoginPin()
  const form = new URLSearchParams({
    firstLoginPin: pin ?? '', 'admin-id': FIRST.id, 'admin-name': FIRST.name, 'admin-pin': FIRST.pin,
    'nurse-id': NURSE.id, 'nurse-name': NURSE.name, 'nurse-pin': NURSE.pin
  })
  return cookieOf(await fetch(`${web.url}/setup`, { method: 'POST', body: form, redirect: 'manual' }))
}

export const logIn = (web: TestWeb, user: string, pin: string): Promise<Response> =>
  fetch(`${web.url}/login`, { method: 'POST', body: new URLSearchParams({ user, pin }), redirect: 'manual' })

export const cookieOf = (answer: Response): string => answer.headers.getSetCookie().find((line) => line.startsWith('screenpost_session='))?.split(';')[0] ?? ''
