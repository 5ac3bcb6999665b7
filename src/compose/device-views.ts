import type { DeviceStatus, DeviceSupervisor } from '../devices/supervise.js'
import { dialableHost } from '../platform/network-addresses.js'
import type { DeviceDoor, DeviceView } from '../web/dependencies.js'

const STATES: Readonly<Record<DeviceStatus['state'], DeviceView['state']>> = { opening: 'waiting', open: 'connected', waiting: 'failed', closed: 'off' }

/** A device as the page shows it. */
export const viewOf = ({ deviceId, kind, state, detail, lastProblem, openedAt, lastArrivalAt, arrivals, commands, hasPreview, stations }: DeviceStatus): DeviceView => ({
  id: deviceId, kind, state: STATES[state], detail, problem: lastProblem, since: openedAt, lastArrivalAt, received: arrivals, commands, hasPreview, stations
})

/** The supervisor as the web part knows it. */
export const deviceDoor = (devices: DeviceSupervisor): DeviceDoor => ({
  ...devices, status: () => devices.status().map(viewOf)
})

/** `AET@HOST:PORT` of the DICOM receiver, while it listens. */
export const dicomEndpointOf = (devices: DeviceSupervisor): string | undefined =>
  devices.status().find((device) => device.endpoint !== undefined)?.endpoint

/** As a technician types it into a device: a wildcard host becomes an address of this machine. */
export const dialable = (endpoint: string | undefined): string | undefined => endpoint?.replace(/@(.*):/, (_, host: string) => `@${dialableHost(host)}:`)
