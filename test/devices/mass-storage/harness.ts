import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceLink } from '../../../src/devices/device-kind.js'
import type { ImportSession } from '../../../src/domain/import-session.js'
import { makeDicom } from '../../generators/dicom.js'

let offered = 0

/** The other side of the contract test for this kind: a stick with one picture is plugged in, and a nurse imports it. */
export const massStorageHarness = {
  kind: 'mass-storage',
  options: (folder: string): unknown => ({ root: join(folder, 'media'), pollMs: 20 }),
  async offer(link: DeviceLink, folder: string): Promise<{ outcome(): 'acknowledged' | 'open' }> {
    const medium = `STICK-${(offered += 1)}`
    const made = join(folder, medium)
    await mkdir(made)
    await writeFile(join(made, `IMG_${offered}.dcm`), makeDicom({ sopInstanceUid: `1.2.7.${offered}` }))
    await rename(made, join(folder, 'media', medium))
    const view = () => (link.session!() as ImportSession).media.find(({ id }) => id === medium)
    while (view()?.phase !== 'ready') await new Promise((resolve) => { setTimeout(resolve, 5) })
    const begun = await link.command!({ name: 'import', values: { medium, wanted: 'all' }, by: 'nurse' })
    if (!begun.ok) throw new Error(begun.error.code)
    return { outcome: () => (view()?.phase === 'done' && view()?.import?.done === 1 ? 'acknowledged' : 'open') }
  },
  /** As pulling the stick. */
  unplug: (folder: string, medium: string): Promise<void> => rm(join(folder, 'media', medium), { recursive: true })
}
