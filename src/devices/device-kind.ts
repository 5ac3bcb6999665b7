import type { CommitmentReport } from '../dicom/commitment.js'
import type { Deliver } from '../domain/arrival.js'
import type { DeviceCommand, DeviceEvent, ProbeReport } from '../domain/device-report.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { HoldingVisit } from '../domain/visit.js'
import type { PerformedStep, WorklistItem, WorklistQuery } from '../domain/worklist.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import type { MountedHandler } from '../platform/mounts.js'

/** A kind of device: one folder beside this file, one line in `registry.ts`. */
export type DeviceKind<Options> = {
  readonly kind: string
  /** Every problem at once; paths are relative to `options`. */
  parseOptions(raw: unknown): Result<Options, Problem[]>
  /** Resolves when arrivals can come. Rejects when it can't be opened now; whoever called tries again. */
  open(options: Options, host: DeviceHost): Promise<DeviceLink>
  /**
   * "Test this device", also beside a running service (`screenpost doctor`): takes nothing from the device, changes nothing, ends within
   * ten seconds and never rejects. While a link is open its own `check` is asked instead, where it has one.
   */
  probe(options: Options, host: ProbeHost): Promise<ProbeReport>
}

/** What a test may use of the house. */
export type ProbeHost = Pick<DeviceHost, 'deviceId' | 'spoolFolder' | 'clock' | 'log'>

/** What the house gives a device. */
export type DeviceHost = {
  readonly deviceId: string
  /** The device may acknowledge when this resolved to ok, and never otherwise. */
  readonly deliver: Deliver
  /** Arrivals are written here first: same file system as the store. */
  readonly spoolFolder: string
  /** `<data>/devices/<id>`, for what must last of this device (the spool may be emptied while the service is stopped); made by who writes there. */
  readonly stateFolder: string
  /** Whether so many bytes may be written to the spool; when not, leave the object where it is. */
  hasRoomFor(bytes: number): Promise<boolean>
  /** Who is to be examined, for devices that ask; absent while nobody keeps a worklist. */
  worklist?(query: WorklistQuery): Promise<readonly WorklistItem[]>
  /** A device began or ended a step of an examination. */
  reportProgress?(step: PerformedStep): Promise<void>
  /** Answers an address of the web server, for who may capture; gives what takes it back. Absent where there is no web server. */
  mount?(path: string, handler: MountedHandler): () => void
  /**
   * The open visit that holds this device now (or this sender behind it, by its AE title or token). `deliver` attaches by itself to the visit of that moment; a device that takes long (a scan, an
   * import) notes the visit when it begins and says so in `Arrival.visitId`.
   */
  visit?(sender?: string): HoldingVisit | undefined
  /** Draws the first frame of an image file in the spool (DICOM, BMP...) as PNG into `target`, in a process of its own; false when it can't be drawn. */
  draw?(path: string, target: string): Promise<boolean>
  /** Tells the tablets at once. */
  emit?(event: DeviceEvent): void
  readonly clock: Clock
  readonly log: Log
  /** Something went wrong that does not end the link (a file that can't be read); shown until the next arrival. */
  report(problem: Problem): void
  /** A destination of the uplink reports what it commits to keep. */
  committed?(report: CommitmentReport): void
}

/** An open device. It never reconnects by itself: it ends, and `supervise.ts` opens it again. Disposing ends it within a second when idle. */
export type DeviceLink = AsyncDisposable & {
  /** Resolves once, when the link has ended for whatever reason. */
  readonly closed: Promise<CloseReason>
  /** In words for the page: `AE title SCREENPOST, port 11112`. */
  readonly detail: string
  /** `AET@HOST:PORT`, with the port in use, for a DICOM receiver. */
  readonly endpoint?: string
  /** Senders behind this receiver that a visit may hold one by one (AE titles): told apart by `stationOf`. Absent: the device is one station. */
  readonly stations?: readonly string[]
  /** The test of the device while it is open, for what can't be opened twice. Never rejects. */
  check?(): Promise<ProbeReport>
  /** Names of what the page may have it do now; shown as buttons. */
  readonly commands?: readonly string[]
  /** Does one of them. A refusal is a problem in words; the value, JSON, goes back to the page. */
  command?(command: DeviceCommand): Promise<Result<unknown, Problem>>
  /** What the page shows besides the status, JSON (an import under way, what is on the stick). `host.emit({ type: 'session' })` says that it changed. */
  session?(): unknown
  /** Live picture as JPEG frames, the newest only, until the signal; one call for each tablet that watches. */
  preview?(signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** `problem` is absent when the link was closed on purpose. */
export type CloseReason = { readonly problem?: Problem }
