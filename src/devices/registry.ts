import type { ProbeReport } from '../domain/device-report.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { DeviceHost, DeviceLink, ProbeHost } from './device-kind.js'
import { barcode } from './barcode/barcode.js'
import { dicomDevice } from './dicom/dicom-device.js'
import { filmPhoto } from './film-photo/film-photo.js'
import { massStorage } from './mass-storage/mass-storage.js'
import { ptp } from './ptp/ptp.js'
import { sane } from './sane/sane.js'
import { serialDigitizer } from './serial-digitizer/serial-digitizer.js'
import { stowDevice } from './stow/stow-device.js'
import { video } from './video/video.js'
import { watchedFolder } from './watched-folder/watched-folder.js'

/** A `DeviceKind` whose options are opaque: its `open` gets what its own `parseOptions` gave. */
export type RegisteredKind = {
  readonly kind: string
  parseOptions(raw: unknown): Result<unknown, Problem[]>
  open(options: never, host: DeviceHost): Promise<DeviceLink>
  probe(options: never, host: ProbeHost): Promise<ProbeReport>
}

/** Every kind of device there is. A new one is a folder and a line here. */
export const deviceKinds: readonly RegisteredKind[] = [dicomDevice, stowDevice, watchedFolder, serialDigitizer, massStorage, barcode, video, sane, filmPhoto, ptp]
