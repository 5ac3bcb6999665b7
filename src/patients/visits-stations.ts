import { join } from 'node:path'
import { DamagedError } from '../domain/errors.js'
import type { StationId } from '../domain/visit.js'
import { JsonDocument } from '../store/durable-document.js'

const MOST = 500
type Content = { readonly stations: readonly StationId[] }

/** Stations that images came from, kept in `<folder>/stations.json`, so that a device can be chosen before it sends today. */
export class SeenStations {
  private constructor(private readonly document: JsonDocument<Content> | undefined) {}

  /** A damaged list is begun anew: the devices fill it. */
  static async open(folder: string): Promise<SeenStations> {
    const path = join(folder, 'stations.json')
    const document = await JsonDocument.open<Content>(path, { stations: [] }).catch((error: unknown) => {
      if (error instanceof DamagedError) return undefined
      throw error
    })
    return new SeenStations(document)
  }

  /** The senders behind this device, without its id. */
  behind(deviceId: string): string[] {
    const prefix = `${deviceId}:`
    return (this.document?.data.stations ?? []).filter((station) => station.startsWith(prefix)).map((station) => station.slice(prefix.length))
  }

  /** Its file was found damaged. */
  async rewrite(): Promise<boolean> {
    await this.document?.rewrite()
    return this.document !== undefined
  }

  /** Durable on return; written for a new one only. */
  async met(station: StationId): Promise<void> {
    if (!this.document || !station.includes(':') || this.document.data.stations.includes(station)) return
    await this.document.change(({ stations }) => ({ stations: [...stations.filter((each) => each !== station), station].slice(-MOST) }))
  }
}
