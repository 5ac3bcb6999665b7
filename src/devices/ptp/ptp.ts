import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import type { DeviceKind } from '../device-kind.js'
import { deviceProblem } from '../open-problem.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { openCamera } from './link.js'
import type { PtpOptions } from './options.js'
import { ptpSchema } from './options.js'
import { CameraShell, ShellEnded } from './shell.js'

/** Cameras on a cable (PTP, by gphoto2): held open, each new picture comes by itself; nothing on the camera is changed. */
export const ptp: DeviceKind<PtpOptions> = {
  kind: 'ptp',
  parseOptions: (raw) => parseDeviceOptions(ptpSchema, raw),
  open: (options, host) => openCamera(options, host),
  async probe(options) {
    const folder = await mkdtemp(join(tmpdir(), 'screenpost-camera-'))
    try {
      const shell = await CameraShell.open({ ...options, answerSeconds: Math.min(8, options.answerSeconds) }, { folder })
      await shell.stop()
      return probeOk('The camera answers.', 'Take a picture with it: it comes by itself.')
    } catch (error) {
      return probeFailed(error instanceof ShellEnded ? error.problem : deviceProblem(error))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
