import { Transform } from 'node:stream'
import type { TransformCallback } from 'node:stream'

export class TooLarge extends Error {}

/** Lets bytes through up to a limit, then fails. */
export class CappedBytes extends Transform {
  #seen = 0
  constructor(private readonly most: number) { super() }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#seen += chunk.length
    if (this.#seen > this.most) done(new TooLarge('too many bytes'))
    else done(null, chunk)
  }
}
