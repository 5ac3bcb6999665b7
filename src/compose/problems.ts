import type { DeviceSupervisor } from '../devices/supervise.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Reader } from '../pipeline/reader/reader.js'
import type { Log } from '../platform/log.js'
import type { StudyStore } from '../store/study-store.js'
import { unknownChoices } from '../triage/operating-point.js'

type Watched = { readonly devices: DeviceSupervisor; readonly reader: Reader; readonly store: StudyStore; /** Of the site file. */ readonly operatingPoints: Readonly<Record<string, string>> }

/** What a technician should act on: devices that can't be opened, packs out of service, operating points that none has, folders that are damaged. */
export function problemsOf({ devices, reader, store, operatingPoints }: Watched): Problem[] {
  const waiting = devices.status().filter(({ state }) => state === 'waiting')
  return [
    ...waiting.flatMap(({ deviceId, lastProblem }) => (lastProblem ? [{ ...lastProblem, message: `Device ${deviceId}: ${lastProblem.message}` }] : [])),
    ...reader.status().packs.flatMap((pack) => [pack.problem, pack.slower].filter((each) => each !== undefined)),
    ...unknownChoices(operatingPoints, reader.status().packs),
    ...[...store.damaged.keys()].map((id) => problem('damaged', `The folder of study ${id} is damaged and could not be restored. Keep it, and send its image again.`))
  ]
}

/** Says in the log which points of the site file nothing offers, once each: the packs are known only some time after the start. */
export function logUnknownChoices({ reader, operatingPoints, log }: Pick<Watched, 'operatingPoints'> & { readonly reader: Pick<Reader, 'status' | 'onStatus'>; readonly log: Log }): void {
  const told = new Set<string>()
  const look = (): void => {
    for (const { path = '', code, message } of unknownChoices(operatingPoints, reader.status().packs).filter((each) => !told.has(each.path ?? ''))) {
      told.add(path)
      log.warn('operating-point-of-site-file', { code, path, why: message })
    }
  }
  look()
  reader.onStatus(look)
}
