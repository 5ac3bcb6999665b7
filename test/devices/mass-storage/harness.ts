import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceLink } from '../../../src/devices/device-kind.js'
import type { ImportSession } from '../../../src/domain/import-session.js'
import { makeDicom } from '../../generators/dicom.js'
import type { CutOff, Plugged } from '../harnesses.js'

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
  /** The stick is pulled after the first of 40 pictures. */
  async cut(device: Plugged, folder: string): Promise<CutOff> {
    const pictures = Array.from({ length: 40 }, (_, n) => Buffer.alloc(200_000, n))
    await mkdir(join(folder, 'CUT'))
    for (const [n, bytes] of pictures.entries()) await writeFile(join(folder, 'CUT', `${n}.jpg`), bytes)
    await rename(join(folder, 'CUT'), join(folder, 'media', 'CUT'))
    const view = () => (device.session() as ImportSession).media.find(({ id }) => id === 'CUT')
    const until = async (check: () => boolean): Promise<void> => { while (!check()) await new Promise((resolve) => { setTimeout(resolve, 1) }) }
    await until(() => view()?.phase === 'ready')
    await device.command('import', { medium: 'CUT', wanted: 'all' })
    await until(() => (view()?.import?.done ?? 0) >= 1)
    await rename(join(folder, 'media', 'CUT'), join(folder, 'pulled'))
    const offer = { outcome: () => (view()?.phase === 'done' ? 'acknowledged' as const : 'open' as const) }
    await until(() => view()?.phase === 'interrupted')
    return {
      offer, pictures,
      async plugIn() {
        await rename(join(folder, 'pulled'), join(folder, 'media', 'CUT'))
        return offer
      }
    }
  }
}
