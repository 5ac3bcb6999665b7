/** So long after its last image an address counts as a device that is there: a lease that changed is forgotten by then. */
const REMEMBERED_MS = 30 * 60_000

/**
 * Who sends under which AE title. Two addresses under one title within half an hour are taken for two devices: what
 * comes under it can then be anybody's.
 */
export class Senders {
  readonly #titles = new Map<string, Map<string, number>>()

  constructor(known: readonly string[] = []) {
    for (const title of known) this.#titles.set(title, new Map())
  }

  get titles(): string[] { return [...this.#titles.keys()].sort() }

  /** True when the title is a new one. */
  met(title: string): boolean {
    if (title === '' || this.#titles.has(title)) return false
    this.#titles.set(title, new Map())
    return true
  }

  /** An image came from this address at `nowMs` (monotonic). Gives every address that lately sent under the title. */
  sent(title: string, address: string, nowMs: number): string[] {
    this.met(title)
    const addresses = this.#titles.get(title) ?? new Map<string, number>()
    addresses.set(address, nowMs)
    for (const [each, seenMs] of addresses) if (nowMs - seenMs > REMEMBERED_MS) addresses.delete(each)
    return [...addresses.keys()]
  }
}
