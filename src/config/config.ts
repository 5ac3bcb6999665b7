/** One configured device: `options` has passed the parser of its kind. */
export type DeviceConfig = { readonly id: string; readonly kind: string; readonly options: unknown }

/** What of a study a destination takes. */
export const SENDABLE = ['images', 'sr', 'heatmap', 'pdf', 'fhir', 'heatmap-map'] as const
/** What leaves only where the site names it. */
export const NAMED_ONLY: readonly Sendable[] = ['heatmap-map']
export type Sendable = (typeof SENDABLE)[number]

/** A span of the clinic's day in minutes from midnight; `to` before `from` goes over midnight. */
export type HoursConfig = { readonly from: number; readonly to: number }

/** When and how fast a destination may be sent to. Results (SR, FHIR) of urgent studies keep to none of it but `bytesPerSecond`. */
export type SendPolicy = {
  /** Any of these; absent: always. */
  readonly hours?: readonly HoursConfig[]
  /** Not over a link that is paid by its bytes. */
  readonly onlyUnmetered: boolean
  readonly bytesPerSecond?: number
  readonly bytesPerDay?: number
  /** So long what nobody is named for waits for a name. */
  readonly holdUnattachedHours: number
}

/** Where images and results are sent: `kind` names a transport, `options` has passed its parser. */
export type DestinationConfig = {
  readonly id: string
  readonly kind: string
  readonly send: readonly Sendable[]
  /** Whether it is asked for proof that it keeps what it accepted. */
  readonly commitment: boolean
  /** Under pseudonyms, without what could tell who it is (PS3.15 annex E). */
  readonly deidentified: boolean
  /** What follows when the patient is corrected after sending: a person is asked, or a rejection note leaves and everything anew under other UIDs (IHE IOCM). */
  readonly onCorrection: 'ask' | 'reissue'
  /** Images leave losslessly compressed where that is smaller and the destination takes it. */
  readonly recompress: boolean
  /** Whether it is asked for reports of our studies. */
  readonly overreads: boolean
  /** So many earlier studies of a patient are fetched from it. */
  readonly priors: number
  readonly policy: SendPolicy
  readonly options: unknown
}

/** How full the disk may get, in bytes. */
export type DiskConfig = {
  /** Below this the page asks for room. */
  readonly warnBytes: number
  /** Below this new images are refused; page, log, audit record and uplink live on it. */
  readonly refuseBytes: number
  /** A file of that size is given up when others have eaten the rest; 0 for none. */
  readonly ballastBytes: number
}

/** When the bytes of an image may leave this disk. */
export type RetentionConfig = {
  /** Age in days, counted from the receipt. */
  readonly days: number
  /** Destinations that must all have committed to keep the image. */
  readonly archives: readonly string[]
  /** Only while less than this is free; always when absent. */
  readonly onlyBelowBytes?: number
}

/** The slow check of everything on the disk. */
export type ScrubConfig = { readonly bytesPerSecond: number; readonly everyDays: number }

/** Where and for whom backups are made. */
export type BackupConfig = {
  /** As restic takes it: a folder, `sftp:user@host:/path`, `s3:https://host/bucket`. */
  readonly repository: string
  /** The centre's age recipients (`age1...`): who holds one of their identities can restore. */
  readonly recipients: readonly string[]
  readonly everyHours: number
  readonly keep: { readonly daily: number; readonly weekly: number; readonly monthly: number }
}

/** The centre's modality worklist: whom it expects to be examined here. */
export type WorklistConfig = { readonly host: string; readonly port: number; readonly aeTitle: string; /** As whom we call. */ readonly callingAeTitle: string; readonly everyMinutes: number; /** Encrypted: by the system's authorities, or files of PEM. */ readonly tls?: boolean | { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined; readonly checkName?: boolean | undefined } | undefined }

/** How the box's heartbeat goes: to a Pushgateway, else with the uplink to every relay. */
export type FleetConfig = { readonly gateway?: string | undefined; readonly box?: string | undefined; readonly everyMinutes: number }

/** Everything that a site can choose; paths absolute, ports 0 for "any free one". */
export type Config = {
  readonly dataFolder: string
  readonly siteName: string
  /** In which the papers that leave for an archive are written. */
  readonly language: string
  readonly http: { readonly host: string; readonly port: number }
  /** `allowPlain`: other machines may use the page unencrypted; the site accepts the risk. */
  readonly https: { readonly port: number; readonly allowPlain: boolean }
  readonly devices: readonly DeviceConfig[]
  readonly destinations: readonly DestinationConfig[]
  /** Pack id -> name of the operating point in force; a pack without an entry uses its own default. */
  readonly operatingPoints: Readonly<Record<string, string>>
  /** Ids of the programmes that this clinic runs; absent: all of them. */
  readonly programmes?: readonly string[]
  /** Devices (`id`, or `id:AE-TITLE` of a sender behind a receiver) of which a technician said that no name is ever written in their pictures. */
  readonly nothingWritten?: readonly string[]
  readonly fleet?: FleetConfig
  /** Where the centre lays updates; absent: they come on sticks only. */
  readonly updates?: { readonly url: string; readonly bytesPerSecond?: number | undefined }
  /** Absent: the clinic's own people alone. */
  readonly worklist?: WorklistConfig
  readonly disk: DiskConfig
  /** Absent: nothing is ever removed. */
  readonly retention?: RetentionConfig
  readonly scrub: ScrubConfig
  readonly backup?: BackupConfig
}

export const DEFAULT_HTTP_PORT = 8080
export const DEFAULT_HTTPS_PORT = 8443
export const DEFAULT_DICOM_PORT = 11112
export const DEFAULT_AE_TITLE = 'SCREENPOST'
