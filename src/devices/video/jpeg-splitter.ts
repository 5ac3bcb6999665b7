const START = Buffer.from([0xff, 0xd8, 0xff])
const END = Buffer.from([0xff, 0xd9])
/** A frame of a 4K picture at the best quality stays well below. */
const LARGEST_BYTES = 24 * 1024 * 1024

/** A stream of JPEG files one behind the other (ffmpeg's image2pipe) to whole files. */
export class JpegSplitter {
  #held: Buffer[] = []
  #bytes = 0
  #last = 0

  /** Whole frames, oldest first. Each is a copy of its own. */
  push(chunk: Buffer): Buffer[] {
    this.#held.push(chunk)
    this.#bytes += chunk.length
    const mayEnd = chunk.includes(END) || (this.#last === 0xff && chunk[0] === 0xd9)
    if (chunk.length > 0) this.#last = chunk[chunk.length - 1]!
    if (this.#bytes > LARGEST_BYTES) this.#keep(Buffer.alloc(0))
    return mayEnd ? this.#cut() : []
  }

  #cut(): Buffer[] {
    let rest = Buffer.concat(this.#held)
    const frames: Buffer[] = []
    for (;;) {
      const start = rest.indexOf(START)
      const end = start < 0 ? -1 : rest.indexOf(END, start + START.length)
      if (end < 0) break
      frames.push(Buffer.from(rest.subarray(start, end + END.length)))
      rest = rest.subarray(end + END.length)
    }
    this.#keep(Buffer.from(rest))
    return frames
  }

  #keep(rest: Buffer): void {
    this.#held = rest.length > 0 ? [rest] : []
    this.#bytes = rest.length
  }
}
