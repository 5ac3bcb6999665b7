import type { DeviceKind } from '../device-kind.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { openVideo } from './link.js'
import type { VideoOptions } from './options.js'
import { videoSchema } from './options.js'
import { probeVideo } from './probe.js'

/** Cameras and capture dongles (UVC, V4L2): a fundus camera's own video, or the screen of an ultrasound by HDMI. */
export const video: DeviceKind<VideoOptions> = {
  kind: 'video',
  parseOptions: (raw) => parseDeviceOptions(videoSchema, raw),
  open: (options, host) => openVideo(options, host),
  probe: probeVideo
}
