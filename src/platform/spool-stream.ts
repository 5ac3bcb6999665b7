import { createWriteStream } from 'node:fs'
import { finished, type Readable } from 'node:stream'
import { finished as finishedAsync, pipeline } from 'node:stream/promises'
import { CappedBytes } from './capped-bytes.js'
import { RoomGuard } from './room-guard.js'

type SpoolLimits = { readonly hasRoomFor: (bytes: number) => Promise<boolean>; readonly mostBytes?: number; readonly mode?: number }

/**
 * Writes what a sender streams to a new file, within its size and while there is room, whatever length was announced. What can't be written is
 * still read to its end: a parser waits for that, and the sender for its answer. @throws StoreFullError, TooLarge, errors of the source and the disk
 */
export async function spoolStream(source: Readable, path: string, { hasRoomFor, mostBytes = Infinity, mode = 0o640 }: SpoolLimits): Promise<void> {
  const guard = new RoomGuard(hasRoomFor)
  finished(source, { writable: false }, (error) => { if (error) guard.destroy(error) })
  try {
    await pipeline(source.pipe(guard), new CappedBytes(mostBytes), createWriteStream(path, { flags: 'wx', mode, flush: true }))
  } catch (error) {
    source.unpipe(guard)
    await readToEnd(source)
    throw error
  }
}

/** What a sender still has to say, unheard: one whose connection ends before it has said all gets no answer. */
export const readToEnd = (source: Readable): Promise<void> => finishedAsync(source.resume(), { writable: false }).catch(() => undefined)
