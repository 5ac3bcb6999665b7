import type { Delivery } from '../domain/delivery.js'
import { isOutstanding } from '../domain/delivery.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { Study } from '../domain/study.js'
import type { StudyStore } from '../store/study-store.js'
import type { Destination, Documents, MadeObject } from './destination.js'
import type { Outstanding } from './next-delivery.js'

type Piece = { /** What it was made of. */ readonly of: string; readonly object: Promise<Result<MadeObject, Problem>> }
export type WorkbenchParts = { readonly store: StudyStore; readonly documents: Documents; readonly destination: Destination; readonly signal: AbortSignal }

/**
 * Images for one destination, made and compressed while those before them are on the wire. What lies here is never the truth: it is handed out
 * only as long as study, person and delivery say what they said when it was made, and is made anew otherwise.
 */
export class Workbench {
  private readonly pieces = new Map<string, Piece>()
  private wanted: readonly Outstanding[] = []
  private working: Promise<void> | undefined

  constructor(private readonly parts: WorkbenchParts) {}

  /** Makes these ready, one after the other, and forgets what is not among them. Returns at once. */
  prepare(next: readonly Outstanding[]): void {
    this.wanted = next.filter(({ delivery }) => delivery.kind === 'image')
    const kept = new Set(this.wanted.map(({ delivery }) => delivery.sopInstanceUid))
    for (const uid of this.pieces.keys()) if (!kept.has(uid)) this.pieces.delete(uid)
    this.working ??= this.work().finally(() => { this.working = undefined })
  }

  /** The bytes of a delivery of this study as it is now. */
  async take(study: Study, delivery: Delivery): Promise<Result<MadeObject, Problem>> {
    const piece = this.pieces.get(delivery.sopInstanceUid)
    this.pieces.delete(delivery.sopInstanceUid)
    this.wanted = this.wanted.filter((one) => one.delivery.sopInstanceUid !== delivery.sopInstanceUid)
    if (piece?.of === this.inputsOf(study, delivery)) {
      const made = await piece.object
      if (made.ok) return made
    }
    return this.parts.documents.make(study, delivery, this.parts.destination)
  }

  private async work(): Promise<void> {
    for (;;) {
      const next = this.wanted.find(({ delivery }) => !this.pieces.has(delivery.sopInstanceUid))
      if (!next || this.parts.signal.aborted) return
      this.wanted = this.wanted.filter((one) => one !== next)
      await this.make(next).catch(() => undefined)
    }
  }

  private async make({ studyId, delivery: { sopInstanceUid } }: Outstanding): Promise<void> {
    const study = await this.parts.store.read(studyId)
    const delivery = study.deliveries?.find((one) => one.destination === this.parts.destination.id && one.sopInstanceUid === sopInstanceUid && isOutstanding(one))
    if (!delivery) return
    const object = this.parts.documents.make(study, delivery, this.parts.destination)
    this.pieces.set(sopInstanceUid, { of: this.inputsOf(study, delivery), object })
    await object
  }

  /** All that an image is made of: its study without the course of deliveries, the person as registered now, and as what it is to leave. */
  private inputsOf(study: Study, delivery: Delivery): string {
    const said = this.parts.documents.describe(study)
    const { kind, name, report, identityHash } = delivery
    return JSON.stringify([{ ...study, deliveries: [], history: [], revision: 0 }, said?.identityHash, said?.identity, kind, name, report, identityHash])
  }
}
