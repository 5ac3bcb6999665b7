import { join } from 'node:path'
import type { Clock } from '../platform/clock.js'
import { makeDirectoryDurable } from '../platform/durable-fs.js'
import { JsonDocument } from '../store/durable-document.js'

type Counted = { readonly day: string; readonly bytes: number }

/** Bytes that went to a destination today (the clinic's day), over restarts; kept only where the site limits them. */
export class DailyBytes {
  private document: JsonDocument<Counted> | undefined
  private counted: Counted = { day: '', bytes: 0 }
  private writing: Promise<unknown> = Promise.resolve()

  constructor(private readonly clock: Clock) {}

  /** Goes on from what was counted before a restart; a damaged count begins anew. */
  async remember(folder: string): Promise<void> {
    await makeDirectoryDurable(folder)
    this.document = await JsonDocument.open<Counted>(join(folder, 'bytes-today.json'), this.counted).catch(() => undefined)
    this.counted = this.document?.data ?? this.counted
  }

  get today(): number {
    return this.counted.day === this.day() ? this.counted.bytes : 0
  }

  add(bytes: number): void {
    const counted = { day: this.day(), bytes: this.today + bytes }
    this.counted = counted
    const { document } = this
    if (document) this.writing = this.writing.then(() => document.change(() => counted)).catch(() => undefined)
  }

  private day(): string {
    const now = this.clock.now()
    return `${now.getFullYear()}-${now.getMonth() + 1}-${now.getDate()}`
  }
}
