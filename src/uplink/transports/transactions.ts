import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readChecked, renderDocument } from '../../platform/checked-json.js'
import { makeDirectoryDurable, writeFileDurable } from '../../platform/durable-fs.js'

/** In memory; the newest are on the disk too. */
const [MOST, MOST_KEPT] = [1_000, 200]

/** Questions for storage commitment, newest last. A report may take days, and the box is off at night: one that is not known any more would be answered with success and count for nothing. */
export class Transactions {
  private known: Promise<string[]> | undefined

  constructor(private readonly path: string) {}

  /** Durable on return, where the disk takes it: it is asked all the same. */
  async add(transactionUid: string): Promise<void> {
    const known = await this.recall()
    known.push(transactionUid)
    known.splice(0, known.length - MOST)
    await makeDirectoryDurable(dirname(this.path)).then(() => writeFileDurable(this.path, renderDocument(known.slice(-MOST_KEPT)))).catch(() => undefined)
  }

  async has(transactionUid: string): Promise<boolean> {
    return (await this.recall()).includes(transactionUid)
  }

  private recall(): Promise<string[]> {
    this.known ??= readFile(this.path, 'utf8').catch(() => '').then((text) => {
      const kept = readChecked(text)
      return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : []
    })
    return this.known
  }
}
