import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

type Waiting = { readonly text: string; readonly sync: boolean; readonly resolve: () => void; readonly reject: (error: unknown) => void }

/** A file that only grows. Appends made while one is being written go out together with one write and at most one fsync. */
export class AppendFile {
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #torn = false
  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<AppendFile> {
    return new AppendFile(await open(path, 'a', 0o640))
  }

  /** Resolves when the text is written, and durable too with `sync`. After a failed write the next one starts on a line of its own. */
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
        await this.file.appendFile((this.#torn ? '\n' : '') + batch.map((each) => each.text).join(''))
        this.#torn = false
        if (batch.some((each) => each.sync)) await this.file.datasync()
        for (const each of batch) each.resolve()
      } catch (error) {
        this.#torn = true
        for (const each of batch) each.reject(error)
      }
    }
    this.#writing = undefined
  }
}
