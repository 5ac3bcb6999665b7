import type { Problem } from '../domain/problem.js'

/** What may be chosen of the box itself, as it stands; secrets are never among it. */
export type BoxView = {
  readonly clinic: string
  readonly timezone: string
  readonly timezones: readonly string[]
  /** Absent: still the first Wi-Fi, locked with the label's code. */
  readonly wifi?: { readonly name: string; readonly country: string; readonly channel: number }
  readonly wired: 'clinic' | 'uplink'
  readonly savePower: boolean
  /** A Jetson's power modes; empty on other machines. */
  readonly powerModes: readonly { readonly id: number; readonly name: string }[]
  readonly powerMode?: number
  readonly programmes: readonly { readonly id: string; readonly runs: boolean }[]
  readonly devices: readonly BoxPart[]
  readonly destinations: readonly BoxPart[]
  readonly deviceKinds: readonly string[]
  readonly destinationKinds: readonly string[]
  /** What is plugged in, by names that stay: `/dev/serial/by-id/...`. */
  readonly plugged: readonly string[]
}

export type BoxPart = { readonly id: string; readonly kind: string }

/** What a form of a device or destination asks; empty where it does not. */
export type BoxFields = Readonly<Record<'id' | 'kind' | 'where' | 'host' | 'port' | 'aeTitle' | 'url' | 'bearer' | 'more', string>>

/** A change of the box; a text left empty keeps what there was. */
export type BoxChange =
  | { readonly part: 'clinic'; readonly name: string; readonly timezone: string; readonly programmes: readonly string[] }
  | { readonly part: 'network'; readonly ssid: string; readonly passphrase: string; readonly country: string; readonly channel: string; readonly wired: string }
  | { readonly part: 'power'; readonly savePower: boolean; readonly powerMode: string }
  | { readonly part: 'add-device' | 'add-destination'; readonly fields: BoxFields }
  | { readonly part: 'remove-device' | 'remove-destination'; readonly id: string }

/** The settings of the machine around the service. What is changed is taken within seconds; the service starts again for it. */
export type BoxDoor = {
  view(): Promise<BoxView>
  /** Everything that is wrong with it; empty when it was taken. */
  change(change: BoxChange): Promise<readonly Problem[]>
}
