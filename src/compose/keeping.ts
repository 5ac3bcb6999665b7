import { join } from 'node:path'
import { Access } from '../access/access.js'
import { AuditTrail } from '../access/audit.js'
import { openLocalCa } from '../access/local-ca.js'
import { createIngest } from '../ingest/ingest.js'
import { createPatientMerges } from '../patients/merge.js'
import { PatientRegistry } from '../patients/patients.js'
import { createBelongs } from '../patients/visits-arrivals.js'
import { Visits } from '../patients/visits.js'
import { createFullFrames } from '../pipeline/full-frame.js'
import { startReader } from '../pipeline/reader/reader.js'
import { bootTime } from '../platform/boot-clock.js'
import type { Log } from '../platform/log.js'
import { lanAddresses } from '../platform/network-addresses.js'
import { StudyStore } from '../store/study-store.js'
import { PriorShelf } from '../uplink/inbound/prior-shelf.js'
import { orderByEyes } from './eye-order.js'
import type { Setting } from './surroundings.js'

export type Keeping = Awaited<ReturnType<typeof composeKeeping>>

/** First stage: the reader child (slow to start, so begun first) and everything that holds data. */
export async function composeKeeping({ config, clock, log, packsFolder, quietMs, folder, clockTrusted, keep }: Setting) {
  const reader = keep(await startReader({ packsFolder, thresholdsFolder: folder('thresholds'), enginesFolder: folder('engines'), ...(quietMs === undefined ? {} : { quietMs }), log }))
  const store = keep(await StudyStore.open({ root: config.dataFolder, clock, log, reserveBytes: config.disk.refuseBytes }))
  const audit = keep(await AuditTrail.open({ folder: folder('audit'), clock, log }))
  const access = await Access.open({ folder: folder('access'), clock, clockTrusted })
  if (access.users.isFromPrevious) await noteOldUsers(audit, log)
  // Before the devices: DICOM TLS shows the same certificate as the page.
  const ca = await openLocalCa({ folder: join(folder('access'), 'tls'), clock, clockTrusted, addresses: lanAddresses })
  const patients = await PatientRegistry.open({ folder: folder('patients'), clock, uncertainTime: () => (clockTrusted() ? undefined : bootTime()) })
  orderByEyes({ store, patients })
  const visits = await Visits.open({ folder: folder('visits'), clock, log, clockTrusted, patients })
  const { failed } = await createPatientMerges({ store, patients, clock, visits }).finish()
  if (failed > 0) log.warn('merges-not-finished', { count: failed, next: 'Images of records that were merged still lie with the record that is no longer used. Make room on the disk, then start again.' })
  const deliver = createIngest({ store, clock, log, clockTrusted, bootTime, belongs: createBelongs({ visits, patients }) })
  return { reader, store, audit, access, ca, patients, visits, deliver, priors: new PriorShelf(folder('priors')), fullFrame: createFullFrames({ store, reader }) }
}

/** A user who was disabled last can sign in again: nobody may miss that. */
async function noteOldUsers(audit: AuditTrail, log: Log): Promise<void> {
  log.error('users-restored', { next: 'The newest list of users was damaged and the version before it is in force. Look through the users on the page: the last change to them may be lost.' })
  await audit.record({ event: 'users.restored', by: 'system', via: 'system', detail: 'the version before the newest is in force' }).catch(() => undefined)
}
