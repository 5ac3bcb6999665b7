import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceLink } from '../../../src/devices/device-kind.js'

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
  }
}
