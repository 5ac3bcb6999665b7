import { join } from 'node:path'
import type { DeviceEvent } from '../../../src/domain/device-report.js'
import { startBarcodeSimulator } from '../../../src/simulate/barcode/simulator.js'
import type { BarcodeSimulator } from '../../../src/simulate/barcode/simulator.js'

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
    return scanner
  },
  options: (folder: string): unknown => ({ path: join(folder, 'tty') }),
  async offer(): Promise<{ outcome(): 'acknowledged' | 'open' }> {
    const text = `P-${(offered += 1)}`
    await scanner.scan(text)
    return { outcome: () => (heard.includes(text) ? 'acknowledged' : 'open') }
  }
}
