import type { Access } from '../access/access.js'
import type { LocalCa } from '../access/local-ca.js'
import type { AuditTrail } from '../access/audit.js'
import type { Deliver } from '../domain/arrival.js'
import type { DeviceCommand, DeviceEvent, ProbeReport } from '../domain/device-report.js'
import type { ExecutionProvider } from '../domain/finding.js'
import type { IsoTime } from '../domain/ids.js'
import type { Modality } from '../domain/image-content.js'
import type { Patient } from '../domain/patient.js'
import type { Prior } from '../domain/prior.js'
import type { Problem } from '../domain/problem.js'
import type { DerivedFile } from '../domain/reading.js'
import type { Result } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import type { WorklistItem } from '../domain/worklist.js'
import type { StudyCommands } from '../patients/commands.js'
import type { PatientRegistry } from '../patients/patients.js'
import type { Visits } from '../patients/visits.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import type { Mounts } from '../platform/mounts.js'
import type { EyesVerdict } from '../programmes/eyes.js'
import type { StudyStore } from '../store/study-store.js'
import type { BoxDoor } from './box-door.js'

/** The part of the store that the web reads; changes go through `commands` and `deliver`. */
export type StudyReader = Pick<StudyStore, 'read' | 'list' | 'summary' | 'counts' | 'subscribe' | 'objectPath' | 'derivedFolder' | 'reportDamage' | 'listQuarantine' | 'quarantinePath'>

export type PackStatus = {
  readonly id: string; readonly version: string; readonly sha256?: string
  readonly inService: boolean; readonly problem?: Problem; readonly task: string; readonly modality: string
  /** In order, but the pack of this id reads images of its kind. */
  readonly behind?: string
}

/** The reader child as the pages see it; `provider` is the execution provider in use. */
export type ReaderView = {
  readonly provider: ExecutionProvider | 'none'; readonly packs: readonly PackStatus[]
  readonly alive: boolean; readonly restarts: number
}

/** One configured device; `off` is chosen, `failed` will be tried again (`problem` says why and what to do). */
export type DeviceView = {
  readonly id: string; readonly kind: string
  readonly state: 'connected' | 'waiting' | 'failed' | 'off'
  /** In words: `AE title SCREENPOST, port 11112`. */
  readonly detail?: string
  readonly problem?: Problem
  readonly since?: IsoTime
  readonly lastArrivalAt?: IsoTime
  readonly received: number
  /** What it can be told to do now, whether it gives a live picture, and the senders behind it that a visit may hold one by one. */
  readonly commands?: readonly string[]
  readonly hasPreview?: boolean
  readonly stations?: readonly string[]
}

/** The devices as the pages see and tell them. */
export type DeviceDoor = {
  status(): readonly DeviceView[]
  subscribe(listener: () => void): () => void
  /** "Test this device"; undefined for no such device. */
  probe?(deviceId: string): Promise<ProbeReport> | undefined
  command?(deviceId: string, command: DeviceCommand): Promise<Result<unknown, Problem>> | undefined
  /** What a device shows besides its status, JSON. */
  session?(deviceId: string): unknown
  /** Its live picture as JPEG frames. */
  preview?(deviceId: string, signal: AbortSignal): AsyncIterable<Uint8Array> | undefined
  onEvent?(listener: (deviceId: string, event: DeviceEvent) => void): () => void
}

/** One destination of the uplink. */
export type DestinationView = {
  readonly id: string; readonly kind: string; readonly reachable: boolean
  /** In words: `ORTHANC@10.0.0.5:4242`. */
  readonly address: string
  /** Objects not yet taken, those of them that left without an answer, taken, promised to be kept, and those that need a person. */
  readonly outstanding: number; readonly sent: number; readonly accepted: number; readonly committed: number; readonly needsPerson: number
  readonly lastSuccessAt?: IsoTime; readonly problem?: Problem
  /** The term of the site that images wait for. */
  readonly waitingFor?: 'hours' | 'metered' | 'bytes' | 'name' | 'eye'
}

/** What a test of a destination found, in lines for a person. */
export type DestinationTest = { readonly ok: boolean; readonly lines: readonly string[] }

/** What a person may ask of the uplink; undefined where there is no such destination. */
export type UplinkCommands = {
  hurry(): void
  /** Tries anew what needs a person; what is to be put right at the destination only of the study that is named, which counts as corrected. */
  resend(destination: string, studyId?: string): Promise<number | undefined>
  /** Studies that are to be put right there, and how many objects may be tried anew. */
  toDo(destination: string): { readonly correct: readonly string[]; readonly resend: number } | undefined
  test(destination: string): Promise<DestinationTest | undefined>
}

/** Pictures of earlier images, kept to be looked at beside new ones. */
export type PriorDoor = { of(patient: Patient): Promise<readonly Prior[]>; picture(prior: Prior): string }

export type SystemView = {
  readonly version: string
  readonly siteName: string
  readonly startedAt: IsoTime
  readonly clockTrusted: boolean
  /** Below `warnBytes` free somebody is told, below `reserveBytes` new images are refused. */
  readonly disk: { readonly freeBytes: number; readonly warnBytes: number; readonly reserveBytes: number }
  /** `AET@HOST:PORT` where DICOM is received; absent when it is not listening. */
  readonly dicom?: string
  /** What a person should act on, in words. */
  readonly warnings: readonly Problem[]
  /** Where results are sent, and how much still is to be; absent where nothing is. */
  readonly destinations?: readonly DestinationView[]
  /** Absent where the machine has no battery to tell of. */
  readonly power?: { readonly onMains: boolean; readonly chargePercent?: number }
}

/** How one pass of the slow check went, or goes. */
export type ScrubTallyView = { readonly startedAt: IsoTime; readonly finishedAt?: IsoTime; readonly studies: number; readonly bytes: number; readonly found: number; readonly repaired: number }

/** What the house does to keep data and time right. */
export type CareView = {
  readonly clock: { readonly trusted: boolean; readonly source?: string; readonly doubt?: string; readonly offsetMs: number }
  readonly scrub: { readonly paused: boolean; readonly current?: ScrubTallyView; readonly last?: ScrubTallyView; readonly studies: number }
}

/** What an administrator may do about it. */
export type Care = {
  view(): CareView
  /** A tablet's clock that an administrator vouches for. */
  acceptTime(at: Date): Promise<Result<void, Problem>>
  scrub(action: 'pause' | 'resume' | 'start'): Promise<void>
}

/** A generated picture to practise on: what is to be done, and the key of the sentence that says why. */
export type PracticeCase = { readonly modality: Modality; readonly todo: 'routine' | 'soon' | 'urgent' | 'again'; readonly because: string }

export type Practice = { readonly cases: readonly PracticeCase[]; /** JPEG bytes of one of the cases. */ picture(index: number): Promise<Uint8Array> }

/** Everything the web part needs, made by compose. */
export type WebDependencies = {
  readonly listen: { readonly host: string; readonly port: number; readonly tls?: { readonly key: string; readonly cert: string } }
  /** The secure page beside the plain one. `allowPlain`: the site accepts that other machines use the plain one. */
  readonly https?: { readonly port: number; readonly ca: LocalCa; readonly allowPlain: boolean }
  readonly store: StudyReader
  readonly patients: PatientRegistry
  readonly access: Access
  readonly audit: AuditTrail
  readonly deliver: Deliver
  readonly commands: StudyCommands
  readonly reader: { status(): ReaderView }
  /** One frame of an object in every pixel, PNG in the study's derived folder; undefined when it has no such frame. */
  readonly fullFrame: (study: Study, frame: number) => Promise<Result<DerivedFile | undefined, Problem>>
  readonly devices: DeviceDoor
  readonly visits: Visits
  /** The centre's worklist as last heard, any day; absent where no centre sends one. */
  readonly centre?: () => readonly WorklistItem[]
  /** Earlier images of a patient that an archive has; absent where none are fetched. */
  readonly priors?: PriorDoor
  readonly practice: Practice
  readonly system: () => Promise<SystemView>
  readonly uplink?: UplinkCommands
  /** The report of one study as PDF bytes; `patient` when it is attached to one, `eyes` of a photo of an eye. */
  readonly reportPdf: (study: Study, patient: Patient | undefined, printed: { readonly language: string; readonly kind?: 'report' | 'letter'; readonly eyes?: EyesVerdict }) => Promise<Uint8Array>
  /** A day's register as PDF bytes; `cells` are those of each line, the column for the signature left out. */
  readonly registerPdf: (register: { readonly day: string; readonly lines: readonly { readonly cells: readonly string[]; readonly bold: boolean }[]; readonly language: string }) => Promise<Uint8Array>
  /** False while store, disk or reader do not answer: `/healthz` is then 503. */
  readonly isHealthy: () => Promise<boolean>
  /** Addresses that devices answer. */
  readonly mounts?: Pick<Mounts, 'find'>
  /** Whether so many bytes can be taken without touching the reserve; unknown where absent. */
  readonly hasRoomFor?: (bytes: number) => Promise<boolean>
  /** Absent in tests of other parts. */
  readonly care?: Care
  /** Settings of the machine; absent where the service does not run on a box of its own. */
  readonly box?: BoxDoor
  /** Packs and operating points that the centre offers; absent where the service does not run on a box of its own. */
  readonly offers?: OfferDoor
  /** Ids of the programmes that this clinic runs; absent: all of them. */
  readonly programmes?: readonly string[]
  /** What everybody should know on every page: the disk is full, an image is damaged. */
  readonly notices?: () => readonly Problem[]
  /** `<data>/spool`: uploads are written here before `deliver`. */
  readonly spoolFolder: string
  /** `web-static/` of the installation. */
  readonly staticFolder: string
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<WebLimits>
}

/** A signed bundle that nobody has taken yet; `contents` only where its signature and every file were found right. */
export type OfferView = {
  readonly sha256: string
  readonly decision?: 'accepted' | 'refused'
  readonly problem?: Problem
  readonly contents?: { readonly from: string; readonly createdAt: string; readonly serial: number; readonly signedBy: string; readonly packs: readonly { readonly id: string; readonly version: string }[]; readonly thresholds: readonly string[] }
}
export type OfferDoor = {
  view(): Promise<OfferView | undefined>
  /** Over exactly the bundle of that hash. */
  decide(sha256: string, decision: 'accepted' | 'refused'): Promise<Result<OfferView, Problem>>
}

export type WebLimits = {
  /** Bytes of one uploaded file. */
  readonly maxUploadBytes: number
  /** Connections at once; the access point serves a few tablets. */
  readonly maxConnections: number
  /** A connection that has not sent its headers by then is closed. */
  readonly headersTimeoutMs: number
  /** A request body that is not complete by then is dropped (a slow Wi-Fi upload takes long). */
  readonly requestTimeoutMs: number
  /** Live listeners (`/events`) at once. */
  readonly maxEventStreams: number
  readonly heartbeatMs: number
}

