import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../platform/clock.js'
import type { StudyId } from '../domain/ids.js'
import type { Study } from '../domain/study.js'
import type { StudyStore } from '../store/study-store.js'
import { afterConfirmation } from './answers.js'
import { withDeliveries } from './ledger.js'
import { folderTransport } from './transports/folder/folder.js'
import type { Confirmation, Held } from './transports/transport.js'

export type ReceiptsParts = { readonly store: StudyStore; readonly clock: Clock; /** The uplink's, with a folder a destination. */ readonly stateFolder: string; readonly stick: string }
export type ImportedReceipts = { readonly committed: number; readonly heldByRelay: number; readonly refused: number; readonly waiting: number }

const isWaiting = ({ state, heldByRelay }: { readonly state: string; readonly heldByRelay?: true }): boolean => state === 'accepted' && heldByRelay !== true

/** Takes the receipts of a stick that came back into the study documents; those of another appliance, or changed on the way, count for nothing. */
export async function importReceipts({ store, clock, stateFolder, stick }: ReceiptsParts): Promise<ImportedReceipts> {
  const total = { committed: 0, heldByRelay: 0, refused: 0, waiting: 0 }
  for (const destination of await readdir(stateFolder).catch(() => [] as string[])) {
    if (!(await readdir(join(stateFolder, destination, 'exports')).catch(() => [])).length) continue
    const transport = folderTransport.open({ folder: stick, recipient: '', clinic: '', sameDisk: true, againAfterDays: Infinity }, { clock, stateFolder: join(stateFolder, destination), confirmed: () => undefined })
    for (const id of allStudies(store)) {
      const study = await store.read(id)
      const held = heldOf(study, destination)
      const answer = held.length > 0 ? await transport.confirm!(held, new AbortController().signal) : undefined
      if (answer?.ok) await take({ store, clock, id, destination }, answer.value)
      const after = (answer ? await store.read(id) : study).deliveries?.filter((one) => one.destination === destination) ?? []
      total.committed += after.filter(({ state }) => state === 'committed').length
      total.heldByRelay += after.filter(({ state, heldByRelay }) => state === 'accepted' && heldByRelay === true).length
      total.refused += after.filter(({ state }) => state === 'needs-person').length
      total.waiting += after.filter(isWaiting).length
    }
  }
  return total
}

const heldOf = ({ deliveries = [] }: Study, destination: string): Held[] =>
  deliveries.filter((one) => one.destination === destination && (one.state === 'accepted' || one.state === 'accepted-with-warning'))

type Place = { readonly store: StudyStore; readonly clock: Clock; readonly id: StudyId; readonly destination: string }

async function take({ store, clock, id, destination }: Place, said: Confirmation): Promise<void> {
  const at = clock.now().toISOString()
  const told = { ...said, missing: [] }
  const next = (study: Study): Study | undefined => withDeliveries(study, (one) => (one.destination === destination ? afterConfirmation(one, told, at) : one))
  if (!next(await store.read(id))) return
  await store.change(id, { by: 'uplink', event: `committed.${destination}`, quiet: true }, (now) => next(now) ?? now)
}

const PAGE = 200

function allStudies(store: StudyStore): StudyId[] {
  const ids: StudyId[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const page = store.list({ order: 'newest', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
    ids.push(...page.studies.map(({ id }) => id))
    cursor = page.next
    more = cursor !== undefined
  }
  return ids
}
