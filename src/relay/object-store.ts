import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno, makeDirectoryDurable, moveFileDurable, removeDurable, writeFileDurable } from '../platform/durable-fs.js'
import { relayedObjectShape, type RelayedObject } from './relayed-object.js'

const OBJECT = 'object.dcm'
const RECORD = 'record.json'

/** A folder an object: its bytes until the PACS has them for good, and a record of how it stands. Nothing is answered before it is durable. */
export class ObjectStore {
  private readonly records = new Map<string, RelayedObject>()
  private readonly uids = new Map<string, Set<string>>()
  private readonly listeners = new Set<(key: string) => void>()
  private last: Promise<unknown> = Promise.resolve()

  private constructor(private readonly root: string) {}

  /**
   * Reads every record; one that is damaged is left out, so that its sender is asked for the object again. What a power cut left half written goes.
   * @throws where the disk does not let a record be read: an object that is there must not be asked for again
   */
  static async open(root: string): Promise<ObjectStore> {
    await makeDirectoryDurable(root)
    const store = new ObjectStore(root)
    for (const group of await readdir(root)) {
      for (const key of await readdir(join(root, group))) {
        await removeLeftOvers(join(root, group, key))
        const record = await readRecord(join(root, group, key, RECORD))
        if (record && keyOf(record) === key) store.remember(key, record)
      }
    }
    return store
  }

  find(clinic: string, sopInstanceUid: string): RelayedObject | undefined {
    return this.records.get(keyOf({ clinic, sopInstanceUid }))
  }

  all(state: RelayedObject['state']): RelayedObject[] {
    return [...this.records.values()].filter((record) => record.state === state)
  }

  /** Every clinic's object of that UID: a PACS answers for the UID, not for who sent it. */
  withUid(sopInstanceUid: string): RelayedObject[] {
    return [...(this.uids.get(sopInstanceUid) ?? [])].map((key) => this.records.get(key)!)
  }

  objectPath(record: Pick<RelayedObject, 'clinic' | 'sopInstanceUid'>): string {
    return join(this.folderOf(keyOf(record)), OBJECT)
  }

  /** Takes the file; durable on return. */
  async keep(record: RelayedObject, spoolPath: string): Promise<void> {
    await this.inTurn(async () => {
      const key = keyOf(record)
      await makeDirectoryDurable(this.folderOf(key))
      await moveFileDurable(spoolPath, join(this.folderOf(key), OBJECT))
      await this.write(key, record)
    })
  }

  /** The record after the change, or undefined when there is none. Durable on return; of a committed one the bytes go. */
  async change(record: Pick<RelayedObject, 'clinic' | 'sopInstanceUid'>, next: (now: RelayedObject) => RelayedObject): Promise<RelayedObject | undefined> {
    return this.inTurn(async () => {
      const key = keyOf(record)
      const now = this.records.get(key)
      const changed = now && next(now)
      if (!changed || changed === now) return now
      await this.write(key, changed)
      if (changed.state === 'committed') await removeDurable(join(this.folderOf(key), OBJECT))
      return changed
    })
  }

  /** Its bytes are lost: it counts as never received. Durable on return. */
  async forget(record: Pick<RelayedObject, 'clinic' | 'sopInstanceUid'>): Promise<void> {
    await this.inTurn(async () => {
      const key = keyOf(record)
      await removeDurable(join(this.folderOf(key), RECORD))
      this.records.delete(key)
      this.uids.get(record.sopInstanceUid)?.delete(key)
    })
  }

  /** Resolves with the record as soon as it is no longer `held`, or as it stands after `ms`. */
  async settled(record: Pick<RelayedObject, 'clinic' | 'sopInstanceUid'>, ms: number): Promise<RelayedObject | undefined> {
    const key = keyOf(record)
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.listeners.delete(look)
        resolve(this.records.get(key))
      }
      const look = (changed: string): void => { if (changed === key && this.records.get(key)?.state !== 'held') done() }
      const timer = setTimeout(done, ms)
      this.listeners.add(look)
      look(key)
    })
  }

  subscribe(listener: (key: string) => void): () => void {
    this.listeners.add(listener)
    return () => { this.listeners.delete(listener) }
  }

  private async write(key: string, record: RelayedObject): Promise<void> {
    await writeFileDurable(join(this.folderOf(key), RECORD), JSON.stringify(record))
    this.remember(key, record)
    for (const listener of this.listeners) listener(key)
  }

  private remember(key: string, record: RelayedObject): void {
    this.records.set(key, record)
    const keys = this.uids.get(record.sopInstanceUid) ?? new Set()
    this.uids.set(record.sopInstanceUid, keys.add(key))
  }

  private folderOf(key: string): string {
    return join(this.root, key.slice(0, 2), key)
  }

  /** One change at a time. */
  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.last.then(action, action)
    this.last = turn.catch(() => undefined)
    return turn
  }
}

/** Names the folder: nothing of what a sender says becomes part of a path. */
const keyOf = ({ clinic, sopInstanceUid }: Pick<RelayedObject, 'clinic' | 'sopInstanceUid'>): string => createHash('sha256').update(`${clinic}\0${sopInstanceUid}`).digest('hex').slice(0, 40)

async function readRecord(path: string): Promise<RelayedObject | undefined> {
  try {
    const parsed = relayedObjectShape.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return parsed.success ? parsed.data : undefined
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.endsWith('.tmp')) await rm(join(folder, name), { force: true })
}
