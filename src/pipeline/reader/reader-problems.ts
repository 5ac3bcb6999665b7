import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { ChildEnd } from './reader-child.js'

/** What a request is answered when the reader, and not the file, is the reason. */
export const READER_PROBLEMS = {
  crashed: ({ reason }: ChildEnd): Problem => {
    if (reason === 'timeout') return problem('reader-timeout', 'Reading this image took too long and was stopped. Send the image again in another format, or report it.')
    if (reason === 'memory') return problem('reader-crashed', 'Reading this image needed too much memory and was stopped. Send a smaller image, or fewer frames.')
    return problem('reader-crashed', 'The reader stopped while reading this image. Send the image again in another format, or report it.')
  },
  unavailable: problem('reader-unavailable', 'The reader does not start. The image is kept and read as soon as it works; ask the technician to look at the System page.'),
  stopped: problem('reader-stopped', 'Reading was stopped before it was done. Start it again.')
} as const

/** Codes that say nothing about the file: it may be read at another time. */
export const isTransient = ({ code }: Problem): boolean => code === 'reader-unavailable' || code === 'reader-stopped'
