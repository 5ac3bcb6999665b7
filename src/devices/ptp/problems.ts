import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { ProgramEnd } from '../../platform/program.js'

const cameraGone: Problem =
  problem('device-gone', 'The camera is not connected or went to sleep. Switch it on, set it to PTP and plug it in; it is opened again by itself. Pictures taken meanwhile come then.')

const cameraBusy: Problem =
  problem('device-busy', 'Another program holds the camera. End it (on a desktop: gvfs), then unplug the camera and plug it in again.')

export const cameraDeaf: Problem =
  problem('camera-silent', 'The camera does not answer. Switch it off and on; it is opened again by itself.')

const gphotoMissing: Problem =
  problem('program-missing', 'The program gphoto2 is not installed on this computer. Install it (Debian: apt install gphoto2); it is tried again by itself.')

export const canNotRelease: Problem =
  problem('camera-can-not-release', 'This camera can not be released from here. Press its own shutter; the picture comes by itself.')

export const releaseFailed: Problem =
  problem('release-failed', 'The camera did not take a picture: it could not focus, or its card is full. Look at its display and try again.')

/** Why gphoto2 ended by itself. */
export function endProblem({ stderr, startError }: ProgramEnd): Problem {
  if (startError !== undefined) return gphotoMissing
  return /-53|Could not claim|busy/i.test(stderr) ? cameraBusy : cameraGone
}
