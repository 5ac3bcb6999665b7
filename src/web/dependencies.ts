import type { Access } from '../access/access.js'
import type { AuditTrail } from '../access/audit.js'
import type { Deliver } from '../domain/arrival.js'
import type { ExecutionProvider } from '../domain/finding.js'
import type { IsoTime } from '../domain/ids.js'
import type { Patient } from '../domain/patient.js'
import type { Problem } from '../domain/problem.js'
import type { Study } from '../domain/study.js'
import type { StudyCommands } from '../patients/commands.js'
import type { PatientRegistry } from '../patients/patients.js'
import type { Clock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import type { StudyStore } from '../store/study-store.js'

/** The part of the store that the web reads; changes go through `commands` and `deliver`. */
export type StudyReader = Pick<StudyStore, 'read' | 'list' | 'summary' | 'counts' | 'subscribe' | 'objectPath' | 'derivedFolder' | 'listQuarantine' | 'quarantinePath'>

export type PackStatus = {
  readonly id: string; readonly version: string; readonly sha256?: string
  readonly inService: boolean; readonly problem?: Problem; readonly task: string; readonly modality: string
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
}

export type SystemView = {
  readonly version: string
  readonly siteName: string
  readonly startedAt: IsoTime
  readonly clockTrusted: boolean
  readonly disk: { readonly freeBytes: number; readonly reserveBytes: number }
  /** `AET@HOST:PORT` where DICOM is received; absent when it is not listening. */
  readonly dicom?: string
  /** What a person should act on, in words. */
  readonly warnings: readonly Problem[]
}

/** Everything the web part needs, made by compose. */
export type WebDependencies = {
  readonly listen: { readonly host: string; readonly port: number; readonly tls?: { readonly key: string; readonly cert: string } }
  readonly store: StudyReader
  readonly patients: PatientRegistry
  readonly access: Access
  readonly audit: AuditTrail
  readonly deliver: Deliver
  readonly commands: StudyCommands
  readonly reader: { status(): ReaderView }
  readonly devices: { status(): readonly DeviceView[]; subscribe(listener: () => void): () => void }
  readonly system: () => Promise<SystemView>
  /** The report of one study as PDF bytes; `patient` when it is attached to one. */
  readonly reportPdf: (study: Study, patient: Patient | undefined) => Promise<Uint8Array>
  /** False while store, disk or reader do not answer: `/healthz` is then 503. */
  readonly isHealthy: () => Promise<boolean>
  /** `<data>/spool`: uploads are written here before `deliver`. */
  readonly spoolFolder: string
  /** `web-static/` of the installation. */
  readonly staticFolder: string
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<WebLimits>
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

