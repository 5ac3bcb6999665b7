import type { DeviceLink } from '../../../src/devices/device-kind.js'

/** The other side of the contract test for this kind: ffmpeg's own test picture, and a person who captures a still. */
export const videoHarness = {
  kind: 'video',
  needs: ['ffmpeg'] as const,
  options: (): unknown => ({ input: 'pattern:testsrc2', width: 320, height: 240, clipFramesPerSecond: 15, previewWidth: 320 }),
  async offer(link: DeviceLink): Promise<{ outcome(): 'acknowledged' | 'refused' | 'open' }> {
    let outcome: 'acknowledged' | 'refused' | 'open' = 'open'
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    void link.command!({ name: 'capture', values: {}, by: 'nurse' }).then((result) => { outcome = result.ok ? 'acknowledged' : 'refused' })
    return { outcome: () => outcome }
  }
}
