import type { DeviceKind } from '../device-kind.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { openScanner } from './link.js'
import type { BarcodeOptions } from './options.js'
import { barcodeSchema } from './options.js'
import { probeScanner } from './probe.js'

/** Barcode and QR scanners on a serial line (RS-232, or USB set to "virtual COM port"), and footswitches that send a text. */
export const barcode: DeviceKind<BarcodeOptions> = {
  kind: 'barcode',
  parseOptions: (raw) => parseDeviceOptions(barcodeSchema, raw),
  open: openScanner,
  probe: probeScanner
}
