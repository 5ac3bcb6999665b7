import type { ObjectToStore } from '../../dicom/store-scu.js'
import type { DeliveryKind, DeliveryProof } from '../../domain/delivery.js'
import type { StudyId } from '../../domain/ids.js'
import type { NamedPerson } from '../../domain/prior.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import type { Clock } from '../../platform/clock.js'

/** What is carried: a Part 10 file, or JSON of FHIR (then SOP class and transfer syntax are empty and the UID names the bundle). */
export type Cargo = ObjectToStore & {
  readonly mediaType: 'application/dicom' | 'application/fhir+json'
  readonly kind: DeliveryKind
  readonly studyId: StudyId
  /** See `MadeObject`. */
  readonly uidSaysContent?: true
}

/**
 * What became of one object. stored: it is there (a duplicate too); `receipt` where the answer says more than that. try-again: another time may do.
 * refused: this object is wrong, says the peer; it is asked a few times more, since some say so of a trouble of their own. not-accepted: the
 * peer takes nothing of this kind (no presentation context, HTTP 406 or 415). unanswered: all of it left and no answer came. cut: a part of it
 * left. untouched: its turn never came. unknown: the power went while it was on its way. `status` is a DIMSE or HTTP status.
 */
export type Answer =
  | { readonly kind: 'stored'; readonly receipt?: 'held-by-relay' | 'committed' }
  | { readonly kind: 'stored-with-warning' | 'try-again' | 'refused'; readonly status?: number; readonly problem: Problem }
  | { readonly kind: 'not-accepted'; readonly problem?: Problem }
  | { readonly kind: 'unanswered' | 'cut' | 'untouched' | 'unknown' }

/** One answer an object, in the order given; `problem` where the line or the peer as a whole failed: the circuit opens. */
export type SendResult = { readonly answers: readonly Answer[]; readonly problem?: Problem }

export type SendTerms = {
  /** Slower than this is taken for dead, bytes/s: a tenth of what was measured. Deadlines follow from it and from the bytes. */
  readonly leastBytesPerSecond: number
  readonly signal: AbortSignal
  /** Awaited before each piece of at most 64 KiB is written: limits of the site, and results that go first. */
  readonly pace: (bytes: number) => Promise<void>
  /** Awaited before each object where objects follow one another on a connection. */
  readonly begin?: (bytes: number) => Promise<void>
  /** An answer as soon as it is known, so that a power cut forgets none. */
  answered?(index: number, answer: Answer): void
}

/** An object that was accepted; where it stands is unknown of those that older versions sent. */
export type Held = { readonly sopClassUid: string; readonly sopInstanceUid: string; readonly studyInstanceUid?: string; readonly seriesInstanceUid?: string }

/** What is known of objects that were accepted; what is in neither list is not known yet. `missing` is sent again. */
export type Confirmation = {
  readonly committed: readonly string[]
  readonly missing: readonly string[]
  readonly proof: DeliveryProof
  /** Listed there, and not given back now: nobody knows whether they are whole. Asked again, ever more rarely. */
  readonly withheld?: { readonly sopInstanceUids: readonly string[]; readonly problem: Problem }
  /** On a relay's disk, not yet in its PACS. */
  readonly heldByRelay?: readonly string[]
  /** A relay's PACS will not have them: a person has to look. */
  readonly refused?: readonly { readonly sopInstanceUid: string; readonly problem: Problem }[]
}

/** One line of a dry run: whether the peer would take objects of a kind, in words. */
export type Takes = { readonly what: string; readonly ok: boolean; readonly detail: string }

export type PriorQuestion = {
  /** The number that the archive knows the patient by: printable ASCII without wildcards. */
  readonly number: string
  /** Whether what the archive says of a study speaks against it. */
  mayBe(person: NamedPerson): boolean
  /** Studies and objects that are not asked for. */
  readonly known: ReadonlySet<string>
  /** The newest so many, and so many images of all of them. */
  readonly studies: number
  readonly images: number
}
export type FoundPrior = { readonly sopClassUid: string; readonly sopInstanceUid: string; readonly studyInstanceUid: string; readonly seriesInstanceUid: string }

/** Problem `priors-unsupported`: it can not be asked so. `fetch` gives a Part 10 file; problem `get-nothing`: it is not there any more, or in no form that is read. */
export type PriorWay = {
  list(asked: PriorQuestion, signal: AbortSignal): Promise<Result<readonly FoundPrior[], Problem>>
  fetch(object: FoundPrior, signal: AbortSignal): Promise<Result<Buffer, Problem>>
}

/** A way to one destination. Never rejects and keeps no state that is not in the study documents or on its own disk. */
export type Transport = {
  /** In words without secrets: `ORTHANC@10.0.0.5:4242`. */
  readonly address: string
  send(cargo: readonly Cargo[], terms: SendTerms): Promise<SendResult>
  /** When it is worth asking for proof the second time, ms; each time after that takes twice as long, up to what all kinds share. */
  readonly askAgainMs?: number
  /** Asked so often instead, ms, where asking costs no link. */
  readonly askEveryMs?: number
  /**
   * Asks for proof (storage commitment, else C-FIND, QIDO, a relay's receipts). What comes later goes to the host's `confirmed`. Problem
   * `confirmation-unsupported`: there is no way to know. Absent where what is stored never counts as kept.
   */
  confirm?(objects: readonly Held[], signal: AbortSignal): Promise<Result<Confirmation, Problem>>
  /** That these are proven is durable in the documents: what is kept here to compare them with may go. */
  noted?(sopInstanceUids: readonly string[]): Promise<void>
  /** Whether a storage commitment report that came on an association of some peer's own answers a question of this transport, also one of before a restart. */
  asked?(transactionUid: string): Promise<boolean>
  /**
   * Structured reports that stand in a study of the archive, without those that are known: Part 10 files. Problem `reports-unsupported`: it can
   * not be asked so. Absent where nothing comes back.
   */
  reports?(asked: { readonly studyInstanceUid: string; readonly known: ReadonlySet<string> }, signal: AbortSignal): Promise<Result<readonly Buffer[], Problem>>
  /** Earlier images of a patient that the archive has. Absent where nothing comes back. */
  readonly priors?: PriorWay
  /** Tells how this box is (JSON of `domain/heartbeat.ts`). Absent where nobody takes it. */
  beat?(heartbeat: string, terms: Pick<SendTerms, 'signal' | 'pace'>): Promise<Result<true, Problem>>
  /** The cheapest question that only a working peer answers. */
  probe(signal: AbortSignal): Promise<Result<{ readonly ms: number }, Problem>>
  /** Which of these it would take; sends no object. */
  dryRun?(classes: readonly { readonly sopClassUid: string; readonly transferSyntaxUid: string }[], signal: AbortSignal): Promise<Result<readonly Takes[], Problem>>
}

export type TransportHost = {
  readonly clock: Clock
  /** A folder of its own under the data folder, for what a transport must remember (tus addresses, receipts). */
  readonly stateFolder: string
  /** A report that came later than its question. */
  confirmed(report: Confirmation): void
}

/** What a parser of options is told besides them. */
export type DestinationDefaults = { readonly callingAeTitle: string }

/** A kind of destination: its options in the site file stand beside `id`, `kind` and what all kinds share. */
export type TransportKind<Options = unknown> = {
  readonly kind: string
  /** Whether what it stored and confirmed may count as archived. */
  readonly archives: boolean
  readonly carries: 'dicom' | 'fhir' | 'both'
  parseOptions(raw: Readonly<Record<string, unknown>>, defaults: DestinationDefaults): Result<Options, Problem[]>
  open(options: Options, host: TransportHost): Transport
}
