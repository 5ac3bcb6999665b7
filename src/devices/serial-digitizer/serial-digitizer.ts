import type { DeviceKind } from '../device-kind.js'
import { openDigitizer } from './link.js'
import type { SerialDigitizerOptions } from './options.js'
import { parseSerialDigitizerOptions } from './options.js'
import { probeDigitizer, reportOn } from './probe.js'

/** X-ray film digitizers and CR readers on RS-232 or USB CDC that speak docs/serial-digitizer.md. */
export const serialDigitizer: DeviceKind<SerialDigitizerOptions> = {
  kind: 'serial-digitizer',
  parseOptions: parseSerialDigitizerOptions,
  open: (options, host) => openDigitizer(options, host),
  probe: async (options, { clock }) => reportOn(await probeDigitizer(options, clock))
}
