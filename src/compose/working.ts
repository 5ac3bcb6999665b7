import { deviceKinds } from '../devices/registry.js'
import { superviseDevices } from '../devices/supervise.js'
import type { Patient } from '../domain/patient.js'
import { ageYearsOn } from '../domain/patient.js'
import { readUnread } from '../pipeline/read-unread.js'
import { startRunner } from '../pipeline/runner.js'
import { Mounts } from '../platform/mounts.js'
import { startCentreWorklist } from '../uplink/inbound/centre-worklist.js'
import { houseServices } from './house-services.js'
import type { Keeping } from './keeping.js'
import { composeUplink } from './outward.js'
import type { Setting } from './surroundings.js'

export type Working = Awaited<ReturnType<typeof composeWorking>>

/** Second stage: what moves studies on (runner, uplink) and what brings them (devices). */
export async function composeWorking(setting: Setting, keeping: Keeping) {
  const { config, clock, clockTrusted, log, folder, keep, onClose } = setting
  const { store, reader, patients, deliver } = keeping
  const runner = startRunner({
    store, reader, log, clock, operatingPoints: config.operatingPoints,
    clockTrusted, patientAgeYears: (id, onDate) => ageOn(patients.find(id), onDate)
  })
  onClose(() => runner.close())
  const unread = readUnread({ store, reader, clock, log, operatingPoints: config.operatingPoints })
  onClose(() => unread.close())
  const uplink = composeUplink(setting, keeping)
  const mounts = new Mounts()
  const centre = keep(await startCentreWorklist({ worklist: config.worklist, folder: folder('worklist'), clock, log }))
  const devices = keep(superviseDevices({
    devices: config.devices, kinds: deviceKinds, deliver, spoolFolder: folder('spool'), devicesFolder: folder('devices'), clock, log,
    hasRoomFor: (bytes) => store.hasRoomFor(bytes), committed: (report) => uplink.committed(report),
    services: houseServices(setting, keeping, { mounts, centre })
  }))
  return { runner, uplink, mounts, devices, centre }
}

const ageOn = (patient: Patient | undefined, onDate: string): number | undefined => patient && ageYearsOn(patient, onDate)
