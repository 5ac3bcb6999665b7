import type { DeviceLink } from '../../../src/devices/device-kind.js'
import { killChild } from '../children.js'
import type { CutOff, Plugged } from '../harnesses.js'
import { outcomeOf } from '../harnesses.js'

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
  },
  /** The grabber goes while a clip is recorded. */
  async cut(device: Plugged): Promise<CutOff> {
    const record = () => outcomeOf(device.command('record', { seconds: 2 }))
    const offer = record()
    await new Promise((resolve) => { setTimeout(resolve, 700) })
    await killChild('ffmpeg')
    return {
      offer, pictures: 1,
      async plugIn() {
        await new Promise((resolve) => { setTimeout(resolve, 2000) })
        await device.whenOpen()
        return record()
      }
    }
  }
}
