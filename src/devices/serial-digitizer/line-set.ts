/** Lines `first` to `first + count - 1`. */
export type LineRange = { readonly first: number; readonly count: number }

/** Which lines of an image are held: one bit a line, so 65,535 lines take 8 KiB. */
export class LineSet {
  #bits = new Uint8Array(64)
  #count = 0
  #firstMissing = 0

  constructor(held: readonly LineRange[] = []) {
    for (const { first, count } of held) for (let line = first; line < first + count; line++) this.add(line)
  }

  get count(): number { return this.#count }

  /** All lines below this one are held. */
  get firstMissing(): number { return this.#firstMissing }

  has(line: number): boolean { return ((this.#bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0 }

  /** False when the line was held already. */
  add(line: number): boolean {
    if (this.has(line)) return false
    if (line >> 3 >= this.#bits.length) this.#grow(line)
    const at = line >> 3
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (line & 7))
    this.#count += 1
    while (this.has(this.#firstMissing)) this.#firstMissing += 1
    return true
  }

  /** Held lines in rising order. */
  held(): LineRange[] { return this.#ranges({ from: 0, end: this.#bits.length * 8, wanted: true, limit: Infinity }) }

  /** Lines from `from` to below `end` that are not held, in rising order, at most `limit` ranges. */
  missing(from: number, end: number, limit: number): LineRange[] { return this.#ranges({ from, end, wanted: false, limit }) }

  #ranges({ from, end, wanted, limit }: { from: number; end: number; wanted: boolean; limit: number }): LineRange[] {
    const ranges: LineRange[] = []
    let line = from
    while (line < end && ranges.length < limit) {
      while (line < end && this.has(line) !== wanted) line += 1
      const first = line
      while (line < end && this.has(line) === wanted) line += 1
      if (line > first) ranges.push({ first, count: line - first })
    }
    return ranges
  }

  #grow(line: number): void {
    const wider = new Uint8Array(Math.max(this.#bits.length * 2, (line >> 3) + 1))
    wider.set(this.#bits)
    this.#bits = wider
  }
}
