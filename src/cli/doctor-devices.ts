import { join } from 'node:path'
import { deviceKinds } from '../devices/registry.js'
import { testDevice } from '../devices/test-device.js'
import type { DeviceConfig } from '../config/config.js'
import { systemClock } from '../platform/clock.js'
import { silentLog } from '../platform/log.js'

/** The test of each configured device, one line each. What the running service has open is its own to test. */
export function checkDevices(devices: readonly DeviceConfig[], folder: string): Promise<{ check: string; ok: boolean; detail: string }[]> {
  return Promise.all(devices.map(async ({ id, kind, options }) => {
    const found = deviceKinds.find((each) => each.kind === kind)
    const host = { deviceId: id, spoolFolder: join(folder, 'spool'), clock: systemClock, log: silentLog }
    const { ok, sentences, problem } = await testDevice(() => found!.probe(options as never, host))
    const check = `device ${id} (${kind})`
    if (problem?.code === 'port-busy') return { check, ok: true, detail: 'in use, by the running service: test it there, on the page System' }
    return { check, ok, detail: [...(problem ? [problem.message] : []), ...sentences].join(' ') }
  }))
}
