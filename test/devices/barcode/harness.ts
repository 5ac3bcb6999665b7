import { join } from 'node:path'
import type { DeviceEvent } from '../../../src/domain/device-report.js'
import { startBarcodeSimulator } from '../../../src/simulate/barcode/simulator.js'
import type { BarcodeSimulator } from '../../../src/simulate/barcode/simulator.js'
import type { CutOff, Plugged } from '../harnesses.js'

let scanner: BarcodeSimulator
const heard: string[] = []
let offered = 0

/** The other side of the contract test for this kind: a code is held before the scanner. It sends no images. */
export const barcodeHarness = {
  kind: 'barcode',
  sendsNoImages: true,
  services: { emit: (event: DeviceEvent) => { if (event.type === 'scanned') heard.push(event.text) } },
  async prepare(folder: string): Promise<AsyncDisposable> {
    scanner = await startBarcodeSimulator({ port: join(folder, 'tty') })
    return { [Symbol.asyncDispose]: () => scanner.unplug() }
  },
  options: (folder: string): unknown => ({ path: join(folder, 'tty') }),
  async offer(): Promise<{ outcome(): 'acknowledged' | 'open' }> {
    const text = `P-${(offered += 1)}`
    await scanner.scan(text)
    return { outcome: () => (heard.includes(text) ? 'acknowledged' : 'open') }
  },
  /** Half a code goes over the line: nobody may be told it, since it may be somebody else's whole number. */
  async cut(device: Plugged, folder: string): Promise<CutOff> {
    const text = `P-CUT-${(offered += 1)}`
    const before = heard.length
    await scanner.send(Buffer.from(text.slice(0, 4)))
    await new Promise((resolve) => { setTimeout(resolve, 30) })
    await scanner.unplug()
    return {
      offer: { outcome: () => (heard.length > before ? 'acknowledged' : 'open') }, pictures: [],
      async plugIn() {
        scanner = await startBarcodeSimulator({ port: join(folder, 'tty') })
        await new Promise((resolve) => { setTimeout(resolve, 300) })
        await device.whenOpen()
        await scanner.scan(text)
        return { outcome: () => (heard.slice(before).join() === text ? 'acknowledged' : 'open') }
      }
    }
  }
}
