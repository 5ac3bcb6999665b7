import type { IncomingMessage } from 'node:http'

/** A connection that says nothing for so long is given up; the browser sends again. */
const SILENCE_MS = 90_000

/** Gives an upload up when its sender falls silent; call what it returns when the upload is over. */
export function limitSilence(request: IncomingMessage): () => void {
  const giveUp = (): void => { request.destroy() }
  request.socket.setTimeout(SILENCE_MS)
  request.socket.once('timeout', giveUp)
  return () => {
    request.socket.off('timeout', giveUp)
    request.socket.setTimeout(0)
  }
}
