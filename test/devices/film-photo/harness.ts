import { Readable } from 'node:stream'
import { Mounts } from '../../../src/platform/mounts.js'
import type { Harness, Offer } from '../harnesses.js'

const mounts = new Mounts()

/** Posts one photograph to what the device mounted. */
export const filmPhotoHarness: Harness = {
  kind: 'film-photo',
  options: () => ({}),
  services: { mount: (path, handler) => mounts.mount(path, handler) },
  offer() {
    let outcome: ReturnType<Offer['outcome']> = 'open'
    void mounts.find('/film-photo')!({ method: 'POST', rest: '', headers: {}, body: Readable.from([Buffer.from('photo')]), callerId: 'U-1' })
      .then(({ status }) => { outcome = status === 201 ? 'acknowledged' : 'refused' })
    return Promise.resolve({ outcome: () => outcome })
  }
}
