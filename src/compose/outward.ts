import { join } from 'node:path'
import { createOutgoing } from '../pipeline/outgoing.js'
import { Recompressor } from '../pipeline/recompress.js'
import { watchMetered } from '../platform/metered.js'
import { openSecretKey } from '../platform/secret-key.js'
import type { Uplink } from '../uplink/uplink.js'
import { startUplink } from '../uplink/uplink.js'
import type { Keeping } from './keeping.js'
import { priorHouse } from './priors.js'
import { reportOf } from './report.js'
import type { Setting } from './surroundings.js'

/** What leaves the house: studies as documents, brought to every destination of the site file. */
export function composeUplink({ config, clock, log, version, folder, packsFolder, keep, onClose }: Setting, keeping: Keeping): Uplink {
  const { store, patients, fullFrame } = keeping
  const { destinations, siteName, nothingWritten = [] } = config
  let loaded: Buffer | undefined
  const key = (): Buffer => (loaded ??= openSecretKey(join(folder('uplink'), 'pseudonym.key')))
  const recompressor = keep(new Recompressor())
  const documents = createOutgoing({
    store, fullFrame, siteName, softwareVersion: version, pseudonymKey: () => key(), patient: (id) => patients.find(id), smaller: (file) => recompressor.smaller(file),
    nothingWritten: ({ deviceId, callingAeTitle }) => nothingWritten.includes(deviceId) || (callingAeTitle !== undefined && nothingWritten.includes(`${deviceId}:${callingAeTitle}`)),
    paper: (study, patient, at) => reportOf({ store, config, clock, packsFolder }, study, { language: config.language, patient, at })
  })
  const stop = new AbortController()
  const metered = destinations.some(({ policy }) => policy.onlyUnmetered) ? watchMetered(stop.signal) : () => false
  const uplink = keep(startUplink({ destinations, softwareVersion: version, stateFolder: folder('uplink'), store, documents, clock, log, metered, priors: priorHouse(keeping, clock) }))
  const unsubscribe = patients.subscribe((id) => uplink.patientChanged(id))
  onClose(async () => {
    unsubscribe()
    stop.abort()
  })
  return uplink
}
