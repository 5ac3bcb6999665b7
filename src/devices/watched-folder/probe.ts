import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { probeFailed, probeOk, type ProbeReport } from '../../domain/device-report.js'
import { isErrno } from '../../platform/durable-fs.js'
import { deviceProblem } from '../open-problem.js'
import { scanFolder } from './scan.js'

/** Whether the folder is there and files can be taken out of it. */
export async function probeFolder(folder: string): Promise<ProbeReport> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    const { length } = await scanFolder(folder)
    return probeOk(`${folder} can be read, and files can be removed from it once they are safe.`, length === 0 ? 'No file waits in it.' : `${length} files wait in it.`)
  } catch (error) {
    if (isErrno(error, 'ENOENT') && (await canBeMade(folder))) return probeOk(`${folder} is not there yet; it is made when the service opens it.`)
    return probeFailed(deviceProblem(error))
  }
}

/** Whether the nearest folder above that is there lets us make one. */
async function canBeMade(folder: string): Promise<boolean> {
  const parent = dirname(folder)
  if (parent === folder) return false
  const may = await access(parent, constants.W_OK | constants.X_OK).then(() => true, (error: unknown) => (isErrno(error, 'ENOENT') ? undefined : false))
  return may ?? canBeMade(parent)
}
