import type { Log } from '../../platform/log.js'
import type { Pace } from '../../store/check-object.js'
import { checkAudit } from './check-audit.js'
import type { AuditParts } from './check-audit.js'
import { checkDocument } from './check-document.js'
import { checkIndex } from './check-index.js'
import type { IndexParts } from './check-index.js'
import { checkQuarantined } from './check-quarantined.js'
import { listHouse } from './list-house.js'

/** What was not as it should be; `where` is a path in the data folder, which names nobody. */
export type HouseFault = { readonly where: string; readonly repaired: boolean; /** What to do about it, or what was done. */ readonly detail: string }
export type HouseReport = { readonly documents: number; readonly bytes: number; readonly faults: readonly HouseFault[] }

/** Writes what memory holds of that document, given its path in the data folder; false when it is nobody's, or not known. */
export type Rewrite = (where: string) => Promise<boolean>

export type HouseParts = { readonly root: string; readonly log: Log; readonly rewrite: Rewrite; readonly audit: AuditParts; readonly index: IndexParts }
export type Checked = { readonly bytes: number; readonly fault?: HouseFault }

/** Reads everything that is no study (people, visits, users, quarantine, notes, lists, the audit record), and puts right what can be put right; never throws. */
export async function checkHouse(parts: HouseParts, pace: Pace): Promise<HouseReport> {
  const { root, log } = parts
  const { documents, quarantined } = await listHouse(root)
  const checks: (() => Promise<Checked>)[] = [
    ...documents.map((where) => () => checkDocument(parts, where)), ...quarantined.map((where) => () => checkQuarantined(root, where, pace)),
    () => checkAudit(parts.audit), () => checkIndex(parts.index, root)
  ]
  const faults: HouseFault[] = []
  let bytes = 0
  for (const check of checks) {
    const checked = await check().catch((error: unknown): Checked => {
      log.warn('scrub-failed', { reason: error instanceof Error ? error.name : 'unknown' })
      return { bytes: 0 }
    })
    bytes += checked.bytes
    await pace(checked.bytes)
    if (!checked.fault) continue
    faults.push(checked.fault)
    log[checked.fault.repaired ? 'warn' : 'error']('house-fault', { ...checked.fault })
  }
  return { documents: checks.length, bytes, faults }
}
