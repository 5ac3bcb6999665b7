import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readChecked } from '../../platform/checked-json.js'
import type { Pace } from '../../store/check-object.js'
import { checkObject } from '../../store/check-object.js'
import type { Checked } from './house.js'

/** The bytes of a file that was set aside, against what its entry says. There is one copy of them only. */
export async function checkQuarantined(root: string, where: string, pace: Pace): Promise<Checked> {
  const path = join(root, where)
  const entry = readChecked(await readFile(join(dirname(path), 'entry.json'), 'utf8').catch(() => '')) as { readonly sha256: string; readonly bytes: number } | undefined
  // Its entry is checked as a document.
  if (!entry) return { bytes: 0 }
  const condition = await checkObject(path, entry, pace)
  if (condition !== 'damaged') return { bytes: 0 }
  return { bytes: 0, fault: { where, repaired: false, detail: 'the bytes are not those received: send the file again from its device, or restore it from the backup' } }
}
