import dimse from 'dcmjs-dimse'
import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import { silenceDicomLibraries } from './quiet.js'
import { isSuccess } from './status.js'

export type EchoTarget = { readonly host: string; readonly port: number; readonly calledAe: string; readonly callingAe: string; readonly timeoutMs: number }

/**
 * C-ECHO: whether a DICOM peer answers under this address and AE title. Problems: `unreachable` (no connection),
 * `association-rejected` (wrong AE title, usually), `echo-failed` (it answered otherwise), `timeout`.
 */
export function echo(target: EchoTarget): Promise<Result<{ readonly ms: number }, Problem>> {
  silenceDicomLibraries()
  const started = performance.now()
  const client = new dimse.Client()
  const request = new dimse.requests.CEchoRequest()
  return new Promise((resolve) => {
    const where = `${target.host}:${target.port}`
    const timer = setTimeout(() => {
      client.abort()
      settle(err(problem('timeout', `${where} did not answer within ${target.timeoutMs} ms. Check that it is switched on and in the same network.`)))
    }, target.timeoutMs)
    const settle = (result: Result<{ readonly ms: number }, Problem>): void => {
      clearTimeout(timer)
      resolve(result)
    }
    request.on('response', (response: { getStatus(): number }) => {
      settle(isSuccess(response.getStatus()) ? ok({ ms: Math.round(performance.now() - started) })
        : err(problem('echo-failed', `${where} answered the echo with status ${response.getStatus()}. Ask its administrator whether it accepts verification.`)))
    })
    client.on('associationRejected', () => settle(err(problem('association-rejected', `${where} refused the connection as ${target.callingAe} to ${target.calledAe}. Check both AE titles there.`))))
    client.on('networkError', () => settle(err(problem('unreachable', `No DICOM connection to ${where}. Check address, port and cable.`))))
    client.on('closed', () => settle(err(problem('echo-failed', `${where} closed the connection without answering the echo.`))))
    client.addRequest(request)
    client.send(target.host, target.port, target.callingAe, target.calledAe, { connectTimeout: target.timeoutMs, associationTimeout: target.timeoutMs, pduTimeout: target.timeoutMs })
  })
}
