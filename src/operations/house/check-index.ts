import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isIndexWhole } from '../../store/index-files.js'
import type { Checked } from './house.js'

/** Writes the lists anew from memory. */
export type IndexParts = { rewrite(): Promise<void> }

const SETTLE_MS = 500

/** The lists on the disk; they are made again from memory, so that the next start does not have to read every folder. */
export async function checkIndex({ rewrite }: IndexParts, root: string): Promise<Checked> {
  const folder = join(root, 'index')
  if (await isIndexWhole(folder)) return { bytes: 0 }
  // A new snapshot may just have taken the place of journals.
  await sleep(SETTLE_MS)
  if (await isIndexWhole(folder)) return { bytes: 0 }
  await rewrite()
  const repaired = await isIndexWhole(folder)
  return { bytes: 0, fault: { where: 'index', repaired, detail: repaired ? 'written again from memory' : 'it could not be written again; the next start makes it anew from all folders' } }
}
