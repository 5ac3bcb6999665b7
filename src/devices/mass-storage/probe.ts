import { readdir } from 'node:fs/promises'
import type { ProbeReport } from '../../domain/device-report.js'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import { isErrno } from '../../platform/durable-fs.js'
import { deviceProblem } from '../open-problem.js'
import { mediaNotMounted } from './problems.js'

/** Whether the place is there where media are mounted, and how many are. */
export async function probeMedia(root: string): Promise<ProbeReport> {
  try {
    const entries = await readdir(root, { withFileTypes: true })
    const media = entries.filter((entry) => entry.isDirectory()).length
    return probeOk(media === 0 ? 'No stick or card is plugged in.' : `${media} sticks or cards are plugged in.`, `Each appears below ${root} when it is plugged in.`)
  } catch (error) {
    return probeFailed(isErrno(error, 'ENOENT') ? mediaNotMounted(root) : deviceProblem(error))
  }
}
