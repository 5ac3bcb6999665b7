/**
 * One frame as its samples, before any meaning: `bytes` little endian, `allocated` bits each, interleaved unless
 * `planar`. `photometric` is what the samples are now, after a codec's own colour transform.
 */
export type RawFrame = {
  readonly columns: number
  readonly rows: number
  readonly samples: 1 | 3
  readonly allocated: 1 | 8 | 16 | 32
  readonly planar: boolean
  readonly photometric: string
  readonly bytes: Uint8Array
  /** From a lossy codec: samples may overshoot the stored bits, and there is nothing else in the unused ones. */
  readonly lossy?: boolean
}

/** The samples as 16-bit numbers, without a copy where the alignment allows it. */
export function as16(bytes: Uint8Array): Uint16Array {
  const even = bytes.byteLength - (bytes.byteLength % 2)
  if (bytes.byteOffset % 2 === 0) return new Uint16Array(bytes.buffer, bytes.byteOffset, even / 2)
  const copy = bytes.slice(0, even)
  return new Uint16Array(copy.buffer, copy.byteOffset, even / 2)
}
