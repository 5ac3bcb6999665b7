import { existsSync } from 'node:fs'
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
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

/** A supervised device, as the house reaches it. */
export type Plugged = {
  /** Resolves when it is open; fails after a while. */
  whenOpen(): Promise<void>
  endpoint(): string | undefined
  command(name: string, values: Record<string, unknown>): Promise<boolean>
  session(): unknown
}

/** A transfer that was broken off in its middle. */
export type CutOff = {
  readonly offer: Offer
  /** The bytes that have to be in the store in the end, of each picture; their number where the device makes them itself. */
  readonly pictures: readonly Buffer[] | number
  /** Plugs in again. The transfer goes on by itself, or whoever sends does so again. */
  plugIn(): Promise<Offer>
}

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
  /** Begins a transfer and pulls the plug in its middle. `slowOptions` are those of the device then. */
  cut(device: Plugged, folder: string): Promise<CutOff>
  slowOptions?(folder: string): unknown
}

/** What becomes of an answer that is awaited. */
export function outcomeOf(answered: Promise<boolean>): Offer {
  let outcome: ReturnType<Offer['outcome']> = 'open'
  void answered.then((good) => { outcome = good ? 'acknowledged' : 'refused' }, () => { outcome = 'refused' })
  return { outcome: () => outcome }
}

let offered = 0

const portOf = (endpoint: string | undefined): number => Number(/:(\d+)$/.exec(endpoint ?? '')?.[1])

function sendTo(port: number, path: string): Offer {
  const client = new dimse.Client()
  const request = new dimse.requests.CStoreRequest(path)
  const answered = new Promise<boolean>((resolve) => {
    request.on('response', (response) => resolve(response.getStatus() === 0))
    client.on('networkError', () => resolve(false))
    client.on('close', () => resolve(false))
  })
  client.addRequest(request)
  client.send('127.0.0.1', port, 'TEST', 'SCREENPOST')
  return outcomeOf(answered)
}

/** Passes so many bytes on and then breaks the connection, as a cable that falls out. */
async function cable(port: number, most: number): Promise<{ readonly port: number; readonly broken: Promise<void>; close(): void }> {
  let broke: () => void = () => undefined
  const broken = new Promise<void>((resolve) => { broke = resolve })
  const server = createServer((socket) => {
    const onward = connect(port, '127.0.0.1')
    let passed = 0
    for (const each of [socket, onward]) each.on('error', () => undefined)
    onward.pipe(socket)
    socket.on('data', (chunk) => {
      passed += chunk.length
      if (passed < most) return void onward.write(chunk)
      for (const each of [socket, onward]) each.destroy()
      broke()
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return { port: (server.address() as AddressInfo).port, broken, close: () => server.close() }
}

const dicomHarness: Harness = {
  kind: 'dicom',
  options: () => ({ host: '127.0.0.1', port: 0 }),
  async offer(link, folder) {
    const path = join(folder, `sent-${(offered += 1)}.dcm`)
    await writeFile(path, makeDicom({ sopInstanceUid: `1.2.3.${offered}` }))
    return sendTo(portOf(link.endpoint), path)
  },
  async cut(device, folder) {
    const path = join(folder, 'clip.dcm')
    await writeFile(path, makeDicom({ columns: 1000, rows: 1000, bitsAllocated: 8, bitsStored: 8, highBit: 7, pixels: new Uint8Array(1e6).fill(7) }))
    const { port, broken, close } = await cable(portOf(device.endpoint()), 400_000)
    const offer = sendTo(port, path)
    await broken
    close()
    return { offer, pictures: 1, plugIn: () => Promise.resolve(sendTo(portOf(device.endpoint()), path)) }
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
  },
  async cut(device, folder) {
    const inbox = join(folder, 'inbox')
    const film = makeDicom({ columns: 300, rows: 300 })
    await writeFile(join(inbox, 'film.dcm'), film.subarray(0, 90_000))
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    await rename(inbox, join(folder, 'unplugged'))
    return {
      offer: { outcome: () => 'open' }, pictures: [film],
      async plugIn() {
        await device.whenOpen()
        await rename(join(folder, 'unplugged'), inbox)
        await appendFile(join(inbox, 'film.dcm'), film.subarray(90_000))
        return { outcome: () => (existsSync(join(inbox, 'film.dcm')) ? 'open' : 'acknowledged') }
      }
    }
  }
}

export const harnesses: readonly Harness[] = [dicomHarness, stowHarness, watchedFolderHarness, serialDigitizerHarness, massStorageHarness, barcodeHarness, videoHarness, saneHarness, filmPhotoHarness, ptpHarness]
