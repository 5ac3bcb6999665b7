import { readFile } from 'node:fs/promises'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'

/** Scans remembered after delivery, the latest last. A digitizer holds one at a time; more are kept for cables that change places. */
const REMEMBERED = 500

/** Which scans are in the store already, in a file that survives a crash: a scan whose confirmation got lost is not fetched twice. */
export class TakenScans {
  private constructor(private readonly path: string, private readonly known: Set<string>) {}

  /** A list that can't be read counts as empty: the store itself knows an image that comes twice. */
  static async open(path: string): Promise<TakenScans> {
    try {
      const text = await readFile(path, 'utf8')
      return new TakenScans(path, new Set(text.split('\n').filter((line) => /^[0-9a-f]{16}-[0-9a-f]{8}$/.test(line))))
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return new TakenScans(path, new Set())
      throw error
    }
  }

  get keys(): ReadonlySet<string> { return this.known }

  /** Durable on return. */
  async add(key: string): Promise<void> {
    this.known.add(key)
    for (const oldest of [...this.known].slice(0, -REMEMBERED)) this.known.delete(oldest)
    await writeFileDurable(this.path, `${[...this.known].join('\n')}\n`)
  }
}
