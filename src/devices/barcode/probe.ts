import type { ProbeReport } from '../../domain/device-report.js'
import { probeFailed, probeOk } from '../../domain/device-report.js'
import { deviceProblem } from '../open-problem.js'
import { openPort } from '../serial-port.js'
import type { BarcodeOptions } from './options.js'

/** Whether the line can be opened; a scanner says nothing by itself. */
export async function probeScanner(options: BarcodeOptions): Promise<ProbeReport> {
  try {
    const port = await openPort({ ...options, flowControl: 'none' })
    await port.close()
    return probeOk(`${options.path} can be opened at ${options.baudRate} baud.`, 'Scan any code on a page with an empty field: it appears there.')
  } catch (error) {
    return probeFailed(deviceProblem(error))
  }
}
