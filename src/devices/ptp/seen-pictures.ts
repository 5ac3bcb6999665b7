import type { FileHandle } from 'node:fs/promises'
import { open, readFile } from 'node:fs/promises'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'

export const SEEN = 'seen'

/** Pictures of the camera that are in the store or were on it before it was first connected; they survive unplugging and power cuts. */
export class SeenPictures {
  private constructor(private readonly log: FileHandle, private readonly known: Set<string>, readonly isFirst: boolean) {}

  static async open(path: string): Promise<SeenPictures> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined
      throw error
    })
    // A line torn by a power cut is left out: its picture comes again, and the store knows it.
    const lines = (text ?? '').split('\n').slice(0, -1)
    if (text !== undefined && !text.endsWith('\n')) await writeFileDurable(path, lines.map((line) => `${line}\n`).join(''))
    return new SeenPictures(await open(path, 'a', 0o640), new Set(lines), text === undefined)
  }

  has(name: string): boolean { return this.known.has(name) }

  /** Durable on return. */
  async add(...names: readonly string[]): Promise<void> {
    await this.log.appendFile(names.map((name) => `${name}\n`).join(''))
    await this.log.datasync()
    for (const name of names) this.known.add(name)
  }

  close(): Promise<void> { return this.log.close() }
}
