import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceLink } from '../../../src/devices/device-kind.js'
import type { ScanSession } from '../../../src/domain/scan-session.js'
import { killChild } from '../children.js'
import type { CutOff, Plugged } from '../harnesses.js'
import { outcomeOf } from '../harnesses.js'

/** SANE's own test backend, in a configuration folder of its own. */
export async function testBackend(folder: string): Promise<string> {
  const config = join(folder, 'sane')
  await mkdir(config, { recursive: true })
  await writeFile(join(config, 'dll.conf'), 'test\n')
  await writeFile(join(config, 'test.conf'), 'number_of_devices 2\nmode Gray\nresolution 50.0\n')
  return config
}

/** The other side of the contract test for this kind: SANE's test scanner, and a person who presses "scan". */
export const saneHarness = {
  kind: 'sane',
  needs: ['scanimage'] as const,
  async prepare(folder: string): Promise<AsyncDisposable> {
    await testBackend(folder)
    return { [Symbol.asyncDispose]: () => Promise.resolve() }
  },
  options: (folder: string): unknown => ({ device: 'test:0', configFolder: join(folder, 'sane'), resolutionDpi: 75, settings: { 'test-picture': 'Grid' } }),
  offer(link: DeviceLink): Promise<{ outcome(): 'acknowledged' | 'refused' | 'open' }> {
    let outcome: 'acknowledged' | 'refused' | 'open' = 'open'
    void link.command!({ name: 'scan', values: {}, by: 'nurse' }).then((result) => { outcome = result.ok ? 'acknowledged' : 'refused' })
    return Promise.resolve({ outcome: () => outcome })
  },
  slowOptions: (folder: string): unknown => ({
    device: 'test:0', configFolder: join(folder, 'sane'), resolutionDpi: 200, lookSeconds: 0.1, widthMm: 200, heightMm: 200, settings: { 'test-picture': 'Grid', 'read-delay': true, 'read-delay-duration': 100_000 }
  }),
  /** The scanner goes in mid-scan: its program ends, and the bus shows it no more. */
  async cut(device: Plugged, folder: string): Promise<CutOff> {
    const scan = () => outcomeOf(device.command('scan', {}))
    const offer = scan()
    while (((device.session() as ScanSession | undefined)?.progress ?? 0) === 0) await new Promise((resolve) => { setTimeout(resolve, 5) })
    await writeFile(join(folder, 'sane', 'dll.conf'), '\n')
    await killChild('scanimage')
    return {
      offer, pictures: 1,
      async plugIn() {
        await testBackend(folder)
        await new Promise((resolve) => { setTimeout(resolve, 1500) })
        await device.whenOpen()
        return scan()
      }
    }
  }
}
