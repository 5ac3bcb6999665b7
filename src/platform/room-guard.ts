import { Transform } from 'node:stream'
import type { TransformCallback } from 'node:stream'
import { StoreFullError } from '../domain/errors.js'

const LOOK_EVERY_BYTES = 1024 * 1024

/** Passes bytes on while there is room for them, so that an upload never eats the reserve that page and audit record live on. @throws StoreFullError */
export class RoomGuard extends Transform {
  #sinceLook = LOOK_EVERY_BYTES

  constructor(private readonly hasRoomFor: (bytes: number) => Promise<boolean>) {
    super()
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#sinceLook += chunk.length
    if (this.#sinceLook < LOOK_EVERY_BYTES) return callback(null, chunk)
    this.#sinceLook = 0
    void this.hasRoomFor(LOOK_EVERY_BYTES).then((room) => {
      if (room) callback(null, chunk)
      else callback(new StoreFullError('There is no room for this upload; nothing of it was taken.'))
    }, callback)
  }
}
