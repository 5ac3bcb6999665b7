import { probeFailed, probeOk } from '../../domain/device-report.js'
import type { DeviceKind } from '../device-kind.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { openScanner } from './link.js'
import type { SaneOptions } from './options.js'
import { saneSchema } from './options.js'
import { findScanner } from './scanimage.js'

/** Film scanners and flatbeds with a transparency unit that SANE knows. */
export const sane: DeviceKind<SaneOptions> = {
  kind: 'sane',
  parseOptions: (raw) => parseDeviceOptions(saneSchema, raw),
  open: openScanner,
  async probe(options) {
    const found = await findScanner(options)
    return found.ok ? probeOk(`${found.value.words} is there (${found.value.device}).`) : probeFailed(found.error)
  }
}
