import type { DeviceCommand, DeviceEvent, ProbeReport } from '../domain/device-report.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { DeviceStatus, SuperviseOptions } from './supervised-device.js'
import { SupervisedDevice } from './supervised-device.js'

export type { DeviceState, DeviceStatus, HouseServices, SuperviseOptions } from './supervised-device.js'

export type DeviceSupervisor = AsyncDisposable & {
  status(): readonly DeviceStatus[]
  /** Called after each change of any status. */
  subscribe(listener: () => void): () => void
  /** Called with what a device says at once (a barcode, the footswitch). */
  onEvent(listener: (deviceId: string, event: DeviceEvent) => void): () => void
  /** "Test this device"; undefined when there is no such device. */
  probe(deviceId: string): Promise<ProbeReport> | undefined
  command(deviceId: string, command: DeviceCommand): Promise<Result<unknown, Problem>> | undefined
  session(deviceId: string): unknown
  preview(deviceId: string, signal: AbortSignal): AsyncIterable<Uint8Array> | undefined
  /** Resolves when each device has been tried once: it is open or waiting. */
  readonly triedAll: Promise<void>
}

/** Opens every device, opens it again whenever it ends, and knows how each is doing. Disposing closes all. */
export function superviseDevices(options: SuperviseOptions): DeviceSupervisor {
  const listeners = new Set<() => void>()
  const hearers = new Set<(deviceId: string, event: DeviceEvent) => void>()
  const told = { changed: () => listeners.forEach((listener) => listener()), said: (id: string, event: DeviceEvent) => hearers.forEach((hearer) => hearer(id, event)) }
  const stop = new AbortController()
  const devices = options.devices.map((device) => new SupervisedDevice(device, options, told))
  const named = (id: string): SupervisedDevice | undefined => devices.find((device) => device.id === id)
  const running = devices.map((device) => device.run(stop.signal))
  return {
    status: () => devices.map((device) => device.status),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onEvent(hearer) {
      hearers.add(hearer)
      return () => hearers.delete(hearer)
    },
    probe: (id) => named(id)?.probe(),
    command: (id, command) => named(id)?.command(command),
    session: (id) => named(id)?.session(),
    preview: (id, signal) => named(id)?.preview(signal),
    triedAll: Promise.all(devices.map((device) => device.tried)).then(() => undefined),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(running)
    }
  }
}
