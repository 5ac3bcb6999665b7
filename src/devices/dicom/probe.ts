import { createServer } from 'node:net'
import { echo } from '../../dicom/dimse-client.js'
import { probeFailed, probeOk, type ProbeReport } from '../../domain/device-report.js'
import type { Problem } from '../../domain/problem.js'
import { deviceProblem } from '../open-problem.js'
import { readIdentity } from './tls-identity.js'
import type { DicomDeviceOptions } from './dicom-device.js'

/** Who we are when we test ourselves; no device of the clinic. */
export const TEST_TITLE = 'SCREENPOSTTEST'
const TIMEOUT_MS = 5000
const EVERY_ADDRESS = ['0.0.0.0', '::']

/** A C-ECHO to ourselves as a device would send it; where nobody listens, whether the port could be opened. */
export async function probeDicom(options: DicomDeviceOptions, port = options.port): Promise<ProbeReport> {
  const certificate = await checkCertificate(options)
  if (certificate) return probeFailed(certificate)
  const host = EVERY_ADDRESS.includes(options.host) ? '127.0.0.1' : options.host
  const free = await whyNotFree(options.host, port)
  if (!free) return probeOk(`Port ${port} is free and can be opened; nothing listens on it now, the service is not running.`)
  const callingAe = options.allowedAeTitles?.[0] ?? TEST_TITLE
  const answer = await echo({ host, port, calledAe: options.aeTitle, callingAe, timeoutMs: TIMEOUT_MS })
  if (!answer.ok) return probeFailed(free.code === 'port-busy' ? answer.error : free)
  const senders = options.allowedAeTitles ? `Only these may send: ${options.allowedAeTitles.join(', ')}.` : 'Any device may send.'
  return probeOk(`AE title ${options.aeTitle} answers on port ${port} in ${answer.value.ms} ms.`, senders, ...(options.tls ? [`The certificate of TLS port ${options.tls.port} can be used.`] : []))
}

const checkCertificate = async ({ tls }: DicomDeviceOptions): Promise<Problem | undefined> =>
  tls && readIdentity(tls).then(() => undefined, deviceProblem)

function whyNotFree(host: string, port: number): Promise<Problem | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(deviceProblem(error)))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
