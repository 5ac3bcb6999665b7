import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arrival, Deliver } from '../../src/domain/arrival.js'
import type { DicomFacts } from '../../src/domain/image-content.js'
import type { Study } from '../../src/domain/study.js'
import type { Belonging } from '../../src/domain/visit.js'
import { createIngest } from '../../src/ingest/ingest.js'
import { PatientRegistry } from '../../src/patients/patients.js'
import { createBelongs } from '../../src/patients/visits-arrivals.js'
import { Visits } from '../../src/patients/visits.js'
import { silentLog } from '../../src/platform/log.js'
import type { StudyStore } from '../../src/store/study-store.js'
import type { FixedClock } from '../fakes/fixed-clock.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { openStore } from '../store/studies.js'

type Between = () => Promise<unknown>

/** Store, people, visits and the way in, on a temporary folder, as compose puts them together. */
export class House implements AsyncDisposable {
  #sent = 0
  private constructor(readonly root: string, readonly clock: FixedClock, private readonly parts: { readonly store: StudyStore; readonly patients: PatientRegistry; readonly visits: Visits }) {}

  get store(): StudyStore { return this.parts.store }
  get patients(): PatientRegistry { return this.parts.patients }
  get visits(): Visits { return this.parts.visits }

  /** `between` runs where the service waits for the disk while an image is taken. */
  static async open(root: string, { clock = fixedClock(), trusted = true }: { clock?: FixedClock; trusted?: boolean } = {}): Promise<House> {
    const store = await openStore(root)
    const patients = await PatientRegistry.open({ folder: join(root, 'patients'), clock })
    const visits = await Visits.open({ folder: join(root, 'visits'), clock, log: silentLog, clockTrusted: () => trusted, patients })
    return new House(root, clock, { store, patients, visits })
  }

  deliverer(between: Between = () => Promise.resolve()): Deliver {
    const belongs = createBelongs({ visits: this.visits, patients: this.patients })
    const interrupted = async (arrival: Arrival, dicom: DicomFacts | undefined): Promise<Belonging> => {
      await between()
      const belonging = await belongs(arrival, dicom)
      await between()
      return belonging
    }
    return createIngest({ store: this.store, clock: this.clock, log: silentLog, clockTrusted: () => true, belongs: interrupted })
  }

  /** An image comes from a device; `bytes` differ each time unless given. */
  async receive(arrival: Partial<Arrival> & { readonly deviceId?: string; readonly bytes?: Uint8Array }, deliver = this.deliverer()): Promise<Study> {
    const { bytes, deviceId = 'camera', ...more } = arrival
    const spoolPath = join(this.root, 'spool', `arrival-${(this.#sent += 1)}`)
    await writeFile(spoolPath, bytes ?? Buffer.concat([PNG, Buffer.from(spoolPath)]))
    const result = await deliver({ spoolPath, source: { kind: 'video', deviceId }, receivedAt: this.clock.now().toISOString(), ...more })
    if (!result.ok) throw new Error(result.error.code)
    return this.store.read(result.value.studyId!)
  }

  async register(name: string, more: { identifier?: string; sex?: string; birthDate?: string } = {}): Promise<string> {
    const result = await this.patients.register({ name, ...more }, 'amina')
    if (!result.ok) throw new Error(result.error.code)
    return result.value.id
  }

  async [Symbol.asyncDispose](): Promise<void> { await this.store[Symbol.asyncDispose]() }
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
