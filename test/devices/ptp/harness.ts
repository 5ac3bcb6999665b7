import { mkdir, rename, writeFile } from 'node:fs/promises'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceLink } from '../../../src/devices/device-kind.js'
import { killChildWhen } from '../children.js'
import type { CutOff, Plugged } from '../harnesses.js'

let offered = 0

/** The other side of the contract test for this kind: a camera behind libgphoto2's own driver "Directory Browse", whose card is a folder. */
export const ptpHarness = {
  kind: 'ptp',
  needs: ['gphoto2'] as const,
  async prepare(folder: string): Promise<AsyncDisposable> {
    await mkdir(join(folder, 'card', 'DCIM', '100CANON'), { recursive: true })
    return { [Symbol.asyncDispose]: () => Promise.resolve() }
  },
  options: (folder: string): unknown => ({ camera: 'Directory Browse', port: `disk:${join(folder, 'card')}`, pollSeconds: 0.1 }),
  async offer(_link: DeviceLink, folder: string): Promise<{ outcome(): 'acknowledged' | 'open' }> {
    const name = `IMG_${String((offered += 1)).padStart(4, '0')}.JPG`
    await writeFile(join(folder, 'making'), `picture ${offered}`)
    await rename(join(folder, 'making'), join(folder, 'card', 'DCIM', '100CANON', name))
    const seen = join(folder, 'devices', 'device-1', 'seen')
    return { outcome: () => (existsSync(seen) && readFileSync(seen, 'utf8').includes(name) ? 'acknowledged' : 'open') }
  },
  /** The camera goes while gphoto2 fetches a picture. */
  async cut(_device: Plugged, folder: string): Promise<CutOff> {
    const picture = Buffer.alloc(100_000_000, 7)
    await writeFile(join(folder, 'making'), picture)
    await rename(join(folder, 'making'), join(folder, 'card', 'DCIM', '100CANON', 'IMG_CUT.JPG'))
    const incoming = join(folder, 'spool', 'ptp', 'device-1', 'incoming')
    await killChildWhen('gphoto2', () => existsSync(incoming) && readdirSync(incoming).some((name) => (statSync(join(incoming, name), { throwIfNoEntry: false })?.size ?? 0) > 0))
    await rename(join(folder, 'card'), join(folder, 'unplugged'))
    const seen = join(folder, 'devices', 'device-1', 'seen')
    const offer = { outcome: () => (existsSync(seen) && readFileSync(seen, 'utf8').includes('IMG_CUT.JPG') ? 'acknowledged' as const : 'open' as const) }
    return {
      offer, pictures: [picture],
      async plugIn() {
        await rename(join(folder, 'unplugged'), join(folder, 'card'))
        return offer
      }
    }
  }
}
