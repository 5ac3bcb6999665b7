import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

type Waiting = { readonly text: string; readonly sync: boolean; readonly resolve: () => void; readonly reject: (error: unknown) => void }

/** A file that only grows. Appends made while one is being written go out together with one write and at most one fsync. */
export class AppendFile {
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  /** Bytes that were written whole. */
  #size: number
  #torn = false
  private constructor(private readonly file: FileHandle, size: number) {
    this.#size = size
  }

  static async open(path: string): Promise<AppendFile> {
    const file = await open(path, 'a', 0o640)
    return new AppendFile(file, (await file.stat()).size)
  }

  /**
   * Resolves when the text is written, and durable too with `sync`. What a failed write left is cut off; where that
   * fails too, the next write starts on a line of its own.
   */
  append(text: string, options: { sync: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, sync: options.sync, resolve, reject })
      this.#writing ??= this.#drain()
    })
  }

  async close(): Promise<void> {
    await this.#writing
    await this.file.close()
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        const bytes = Buffer.from((this.#torn ? '\n' : '') + batch.map((each) => each.text).join(''))
        await this.file.appendFile(bytes)
        this.#size += bytes.length
        this.#torn = false
        if (batch.some((each) => each.sync)) await this.file.datasync()
        for (const each of batch) each.resolve()
      } catch (error) {
        this.#torn = await this.file.truncate(this.#size).then(() => false, () => true)
        for (const each of batch) each.reject(error)
      }
    }
    this.#writing = undefined
  }
}
