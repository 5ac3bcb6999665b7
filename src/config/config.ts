/** One configured device: `options` has passed the parser of its kind. */
export type DeviceConfig = { readonly id: string; readonly kind: string; readonly options: unknown }

/** Everything that a site can choose; paths absolute, ports 0 for "any free one". */
export type Config = {
  readonly dataFolder: string
  readonly siteName: string
  readonly http: { readonly host: string; readonly port: number }
  readonly devices: readonly DeviceConfig[]
  /** Pack id -> name of the operating point in force; a pack without an entry uses its own default. */
  readonly operatingPoints: Readonly<Record<string, string>>
}

export const DEFAULT_HTTP_PORT = 8080
export const DEFAULT_DICOM_PORT = 11112
export const DEFAULT_AE_TITLE = 'SCREENPOST'
