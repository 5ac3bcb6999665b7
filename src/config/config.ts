/** One configured device: `options` has passed the parser of its kind. */
export type DeviceConfig = { readonly id: string; readonly kind: string; readonly options: unknown }

/** What of a study a destination takes. */
export const SENDABLE = ['images', 'sr', 'heatmap', 'pdf'] as const
export type Sendable = (typeof SENDABLE)[number]

/** A PACS that results and images are sent to. */
export type DestinationConfig = {
  readonly id: string
  readonly kind: 'dicom'
  readonly host: string
  readonly port: number
  readonly aeTitle: string
  /** As whom we call. */
  readonly callingAeTitle: string
  readonly send: readonly Sendable[]
  /** Whether it is asked to commit to what it accepted. */
  readonly commitment: boolean
}

/** Everything that a site can choose; paths absolute, ports 0 for "any free one". */
export type Config = {
  readonly dataFolder: string
  readonly siteName: string
  readonly http: { readonly host: string; readonly port: number }
  /** `allowPlain`: other machines may use the page unencrypted; the site accepts the risk. */
  readonly https: { readonly port: number; readonly allowPlain: boolean }
  readonly devices: readonly DeviceConfig[]
  readonly destinations: readonly DestinationConfig[]
  /** Pack id -> name of the operating point in force; a pack without an entry uses its own default. */
  readonly operatingPoints: Readonly<Record<string, string>>
}

export const DEFAULT_HTTP_PORT = 8080
export const DEFAULT_HTTPS_PORT = 8443
export const DEFAULT_DICOM_PORT = 11112
export const DEFAULT_AE_TITLE = 'SCREENPOST'
