import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { ProgramEnd } from '../../platform/program.js'
import type { VideoOptions } from './options.js'

export const videoSilent = ({ input, silentSeconds }: VideoOptions): Problem =>
  problem('video-silent', `No picture comes from ${input} for ${silentSeconds} seconds. Switch the machine on and check the cable; it is tried again by itself.`)

const SAID: readonly (readonly [pattern: RegExp, code: string, message: (input: string) => string])[] = [
  [/No such (file|device)|ENODEV/i, 'device-gone', (input) => `${input} is not connected. Plug the capture device in; it is tried again by itself.`],
  [/Device or resource busy/i, 'device-busy', (input) => `Another program uses ${input}. Stop it; it is tried again by itself.`],
  [/Permission denied/i, 'not-permitted', (input) => `The service may not use ${input}. Add its user to the group video.`],
  [/Inappropriate ioctl|not a (video )?capture device|Not a video/i, 'not-a-camera', (input) => `${input} gives no video. Choose another one below /dev/v4l/by-id (a camera often shows two: take the one that ends in index0).`],
  [/Invalid data found|Invalid argument|not supported|The v4l2 frame/i, 'video-format', () => 'The capture device does not offer this size, rate or format. Correct `width`, `height`, `framesPerSecond` or `format` (v4l2-ctl --list-formats-ext shows what it offers).']
]

/** Why ffmpeg ended by itself. What it said is only classified: it may name files. */
export function grabProblem({ stderr, startError }: ProgramEnd, { input }: VideoOptions): Problem {
  if (startError !== undefined) return ffmpegMissing
  const found = SAID.find(([pattern]) => pattern.test(stderr))
  return found ? problem(found[1], found[2](input)) : problem('video-ended', `The picture from ${input} ended. Check the cable and the machine; it is opened again by itself.`)
}

const ffmpegMissing: Problem =
  problem('program-missing', 'The program ffmpeg is not installed on this computer. Install it (Debian: apt install ffmpeg); it is tried again by itself.')

export const noPicture: Problem =
  problem('no-picture', 'There is no picture yet. Wait until the moving picture is seen, then capture again.')

export const stillThere: Problem =
  problem('not-moving', 'Nothing moves in the picture, so the scanned part can not be told from the writing. Hold the probe to the skin and move it, then try again.')

export const alreadyRecording: Problem =
  problem('already-recording', 'A clip is being recorded. Wait until it ends.')
