import type { FileHandle } from 'node:fs/promises'
import { open, readFile } from 'node:fs/promises'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'

export const SEEN = 'seen'

/** Pictures of the camera that are in the store or were on it before it was first connected; they survive unplugging and power cuts. */
export class SeenPictures {
  #log: FileHandle | undefined
  private constructor(private readonly path: string, private readonly known: Set<string>, readonly isFirst: boolean) {}

  static async open(path: string): Promise<SeenPictures> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined
      throw error
    })
    // A line torn by a power cut is left out: its picture comes again, and the store knows it.
    const lines = (text ?? '').split('\n').slice(0, -1)
    if (text !== undefined && !text.endsWith('\n')) await writeFileDurable(path, linesOf(lines))
    return new SeenPictures(path, new Set(lines), text === undefined)
  }

  /** Of a camera that was never here, all that is on it: noted whole or not at all, since what is not noted counts as taken from now on. Durable on return. */
  async begin(names: readonly string[]): Promise<void> {
    await writeFileDurable(this.path, linesOf(names))
    for (const name of names) this.known.add(name)
  }

  has(name: string): boolean { return this.known.has(name) }

  /** Durable on return. */
  async add(name: string): Promise<void> {
    this.#log ??= await open(this.path, 'a', 0o640)
    await this.#log.appendFile(linesOf([name]))
    await this.#log.datasync()
    this.known.add(name)
  }

  async close(): Promise<void> { await this.#log?.close() }
}

const linesOf = (names: readonly string[]): string => names.map((name) => `${name}\n`).join('')
