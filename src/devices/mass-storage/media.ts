import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MediumView } from '../../domain/import-session.js'
import type { DeviceHost } from '../device-kind.js'
import { openStateSubfolder } from '../state-folder.js'
import { ImportJournal, unfinishedMedia } from './import-journal.js'
import * as events from './log-events.js'
import { Medium, identityOf } from './medium.js'
import type { MassStorageOptions } from './options.js'
import { pulledOut } from './problems.js'

export type MediaParts = { readonly options: MassStorageOptions; readonly host: DeviceHost; changed(): void }

/** What is plugged in below the root, and the media that were pulled in mid-import. */
export class Media {
  readonly #plugged = new Map<string, { readonly medium: Medium; readonly identity: string }>()
  #missed: readonly string[] = []
  private constructor(private readonly parts: MediaParts, private readonly place: string) {}

  static async open(parts: MediaParts): Promise<Media> {
    const place = await openStateSubfolder(parts.host, 'mass-storage', 'media')
    const media = new Media(parts, place)
    media.#missed = await unfinishedMedia(place, parts.host.clock.now().getTime())
    return media
  }

  find(id: string): Medium | undefined { return this.#plugged.get(id)?.medium }

  /** Looks once what came and what went. @throws when the root can't be read */
  async look(): Promise<void> {
    const found = await this.#found()
    for (const [id, { medium, identity }] of this.#plugged) if (found.get(id) !== identity) await this.#went(id, medium)
    for (const [id, identity] of found) if (!this.#plugged.has(id)) await this.#came(id, identity)
  }

  views(): MediumView[] {
    const gone = this.#missed.filter((id) => !this.#plugged.has(id)).map((id): MediumView => ({ id, phase: 'interrupted', problem: pulledOut }))
    return [...[...this.#plugged.values()].map(({ medium }) => medium.view()), ...gone]
  }

  /** Forgets the rest of an import whose medium does not come back. */
  async forget(id: string): Promise<void> {
    const journal = await ImportJournal.open(this.place, id)
    await journal.end()
    this.#missed = this.#missed.filter((each) => each !== id)
    this.parts.changed()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#plugged.values()].map(({ medium }) => medium.unplug()))
  }

  async #found(): Promise<Map<string, string>> {
    const entries = await readdir(this.parts.options.root, { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
    const identities = await Promise.all(folders.map(async (name) => [name, await identityOf(this.#rootOf(name)).catch(() => undefined)] as const))
    return new Map(identities.filter((pair): pair is readonly [string, string] => pair[1] !== undefined))
  }

  #rootOf(id: string): Buffer { return Buffer.from(join(this.parts.options.root, id)) }

  async #came(id: string, identity: string): Promise<void> {
    const { host, options } = this.parts
    events.mediumCame(host.log, id)
    const medium = new Medium({ id, root: this.#rootOf(id), journal: await ImportJournal.open(this.place, id), host, mostFiles: options.mostFiles, changed: () => this.parts.changed() })
    this.#plugged.set(id, { medium, identity })
    this.parts.changed()
    const visitId = host.visit?.()?.visitId
    void medium.start().then(() => (options.import === 'all' ? medium.importNew({ by: host.deviceId, visitId }) : undefined))
  }

  async #went(id: string, medium: Medium): Promise<void> {
    this.#plugged.delete(id)
    await medium.unplug()
    const importing = medium.isUnfinished
    events.mediumWent(this.parts.host.log, { medium: id, importing })
    if (importing) {
      this.#missed = [...this.#missed.filter((each) => each !== id), id]
      this.parts.host.report(pulledOut)
    }
    this.parts.changed()
  }
}
