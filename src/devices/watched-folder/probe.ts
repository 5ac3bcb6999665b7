import { access, constants } from 'node:fs/promises'
import { probeFailed, probeOk, type ProbeReport } from '../../domain/device-report.js'
import { deviceProblem } from '../open-problem.js'
import { scanFolder } from './scan.js'

/** Whether the folder is there and files can be taken out of it. */
export async function probeFolder(folder: string): Promise<ProbeReport> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    const { length } = await scanFolder(folder)
    return probeOk(`${folder} can be read, and files can be removed from it once they are safe.`, length === 0 ? 'No file waits in it.' : `${length} files wait in it.`)
  } catch (error) {
    return probeFailed(deviceProblem(error))
  }
}
