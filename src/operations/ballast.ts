import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fsyncDirectory } from '../platform/durable-fs.js'

const CHUNK = Buffer.alloc(1024 * 1024)

/** A file that only takes room (`<data>/ballast`), to be given up when others have filled the disk to the last byte. */
export class Ballast {
  readonly #path: string
  #held: boolean | undefined
  constructor(private readonly folder: string, readonly bytes: number) {
    this.#path = join(folder, 'ballast')
  }

  /** True when there was something to give up. */
  async drop(): Promise<boolean> {
    if (this.#held === false) return false
    const there = await stat(this.#path).then(({ size }) => size > 0, () => false)
    await rm(this.#path, { force: true })
    this.#held = false
    return there
  }

  /** Written, not a hole, so that the room is really taken. */
  async take(): Promise<void> {
    if (this.#held || this.bytes === 0) return
    if (await stat(this.#path).then(({ size }) => size >= this.bytes, () => false)) {
      this.#held = true
      return
    }
    const making = `${this.#path}.tmp`
    try {
      await this.#write(making)
      await rename(making, this.#path)
      await fsyncDirectory(this.folder)
      this.#held = true
    } catch (error) {
      await rm(making, { force: true })
      throw error
    }
  }

  async #write(path: string): Promise<void> {
    const file = await open(path, 'w', 0o600)
    try {
      for (let written = 0; written < this.bytes; written += CHUNK.length) await file.write(CHUNK, 0, Math.min(CHUNK.length, this.bytes - written))
      await file.datasync()
    } finally {
      await file.close()
    }
  }
}
