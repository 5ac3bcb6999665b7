import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import dimse from 'dcmjs-dimse'
import type { DeviceHost, DeviceLink } from '../../src/devices/device-kind.js'
import { barcodeHarness } from './barcode/harness.js'
import { filmPhotoHarness } from './film-photo/harness.js'
import { massStorageHarness } from './mass-storage/harness.js'
import { ptpHarness } from './ptp/harness.js'
import { saneHarness } from './sane/harness.js'
import { serialDigitizerHarness } from './serial-digitizer/harness.js'
import { stowHarness } from './stow/harness.js'
import { videoHarness } from './video/harness.js'
import type { Peer } from '../flows/peers.js'
import { makeDicom } from '../generators/dicom.js'

/** What the sender of one object sees: acknowledged, refused, or nothing yet. */
export type Offer = { outcome(): 'acknowledged' | 'refused' | 'open' }

/** How the contract test plays the other side of one kind of device. */
export type Harness = {
  readonly kind: string
  /** Raw options, for a device that lives in this temporary folder. */
  options(folder: string): unknown
  /** Services of the house that this kind asks for. */
  readonly services?: Pick<DeviceHost, 'mount' | 'emit'>
  /** Tells the tablets something and delivers nothing; `acknowledged` then is that they were told. */
  readonly sendsNoImages?: boolean
  /** Programs without which the kind can't be tested. */
  readonly needs?: readonly Peer[]
  prepare?(folder: string): Promise<AsyncDisposable>
  offer(link: DeviceLink, folder: string): Promise<Offer>
}

let offered = 0

const dicomHarness: Harness = {
  kind: 'dicom',
  options: () => ({ host: '127.0.0.1', port: 0 }),
  async offer(link, folder) {
    const path = join(folder, `sent-${(offered += 1)}.dcm`)
    await writeFile(path, makeDicom({ sopInstanceUid: `1.2.3.${offered}` }))
    const client = new dimse.Client()
    const request = new dimse.requests.CStoreRequest(path)
    let outcome: ReturnType<Offer['outcome']> = 'open'
    request.on('response', (response) => { outcome = response.getStatus() === 0 ? 'acknowledged' : 'refused' })
    client.on('networkError', () => { outcome = 'refused' })
    client.addRequest(request)
    client.send('127.0.0.1', Number(/:(\d+)$/.exec(link.endpoint ?? '')?.[1]), 'TEST', 'SCREENPOST')
    return { outcome: () => outcome }
  }
}

const watchedFolderHarness: Harness = {
  kind: 'watched-folder',
  options: (folder) => ({ folder: join(folder, 'inbox'), settleMs: 50 }),
  async offer(_link, folder) {
    const path = join(folder, 'inbox', `film ${(offered += 1)}.dcm`)
    await mkdir(join(folder, 'inbox'), { recursive: true })
    await writeFile(`${path}.part`, makeDicom({ sopInstanceUid: `1.2.3.${offered}` }))
    await rename(`${path}.part`, path)
    return { outcome: () => (existsSync(path) ? 'open' : 'acknowledged') }
  }
}

export const harnesses: readonly Harness[] = [dicomHarness, stowHarness, watchedFolderHarness, serialDigitizerHarness, massStorageHarness, barcodeHarness, videoHarness, saneHarness, filmPhotoHarness, ptpHarness]
