import { problem, type Problem } from '../domain/problem.js'
import { err, ok, type Result } from '../domain/result.js'
import { isSuccess } from './status.js'
import { TRANSFER_SYNTAX, VERIFICATION } from './uids.js'
import { Association } from './upper-layer/association.js'
import { COMMAND, ELEMENT } from './upper-layer/message.js'
import type { Peer } from './upper-layer/peer.js'

export type EchoTarget = Peer & { readonly timeoutMs: number; readonly signal?: AbortSignal }

/** An echo is small, so the rate hardly matters; a satellite's delay does, and is within the timeout. */
const LEAST_BYTES_PER_SECOND = 1_000

/**
 * C-ECHO: whether a DICOM peer answers under this address and AE title. Problems: `unreachable` (no connection),
 * `association-rejected` (wrong AE title, usually), `echo-failed` (it answered otherwise), `timeout`, and those of certificates.
 */
export async function echo({ timeoutMs, signal, ...peer }: EchoTarget): Promise<Result<{ readonly ms: number }, Problem>> {
  const started = performance.now()
  const where = `${peer.host}:${peer.port}`
  const proposal = { abstractSyntaxUid: VERIFICATION, transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian] }
  const opened = await Association.open(peer, [proposal], { connectMs: timeoutMs, answerMs: timeoutMs, leastBytesPerSecond: LEAST_BYTES_PER_SECOND, signal })
  if (!opened.ok) return opened
  const [context] = opened.value.contexts
  if (!context) {
    await opened.value.release()
    return err(problem('echo-failed', `${where} does not offer verification. Ask its administrator to allow C-ECHO for ${peer.callingAe}.`))
  }
  const answer = await opened.value.request(context.id, { [ELEMENT.commandField]: COMMAND.echoRequest, [ELEMENT.affectedSopClass]: VERIFICATION })
  await opened.value.release()
  if (!answer.ok) return err(answer.error.problem.code === 'link-broke' ? problem('echo-failed', `${where} closed the connection without answering the echo.`) : answer.error.problem)
  const status = Number(answer.value.command[ELEMENT.status])
  return isSuccess(status) ? ok({ ms: Math.round(performance.now() - started) })
    : err(problem('echo-failed', `${where} answered the echo with status ${status}. Ask its administrator whether it accepts verification.`))
}
