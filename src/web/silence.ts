import type { IncomingMessage } from 'node:http'

/** A connection that says nothing for so long is given up; the browser sends again. */
const SILENCE_MS = 90_000

/**
 * Gives an upload up when its sender falls silent; call what it returns when the upload is over. The
 * request forgets its socket when it is destroyed, as a body that can't be read makes it.
 */
export function limitSilence(request: IncomingMessage): () => void {
  const giveUp = (): void => { request.destroy() }
  const { socket } = request
  socket.setTimeout(SILENCE_MS)
  socket.once('timeout', giveUp)
  return () => {
    socket.off('timeout', giveUp)
    socket.setTimeout(0)
  }
}
