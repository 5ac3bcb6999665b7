import type { DeviceSupervisor } from '../devices/supervise.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Reader } from '../pipeline/reader/reader.js'
import type { StudyStore } from '../store/study-store.js'

type Watched = { readonly devices: DeviceSupervisor; readonly reader: Reader; readonly store: StudyStore }

/** What a technician should act on: devices that can't be opened, packs out of service, folders that are damaged. */
export function problemsOf({ devices, reader, store }: Watched): Problem[] {
  const waiting = devices.status().filter(({ state }) => state === 'waiting')
  return [
    ...waiting.flatMap(({ deviceId, lastProblem }) => (lastProblem ? [{ ...lastProblem, message: `Device ${deviceId}: ${lastProblem.message}` }] : [])),
    ...reader.status().packs.flatMap((pack) => [pack.problem, pack.slower].filter((each) => each !== undefined)),
    ...[...store.damaged.keys()].map((id) => problem('damaged', `The folder of study ${id} is damaged and could not be restored. Keep it, and send its image again.`))
  ]
}
