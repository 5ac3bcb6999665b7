import { Readable } from 'node:stream'
import { Mounts } from '../../../src/platform/mounts.js'
import { makeDicom } from '../../generators/dicom.js'
import type { Harness, Offer } from '../harnesses.js'

const mounts = new Mounts()
let offered = 0

/** Posts one instance to what the device mounted. */
export const stowHarness: Harness = {
  kind: 'stow',
  options: () => ({}),
  services: { mount: (path, handler) => mounts.mount(path, handler) },
  offer() {
    offered += 1
    const body = Buffer.concat([Buffer.from('--x\r\nContent-Type: application/dicom\r\n\r\n'), makeDicom({ sopInstanceUid: `1.2.3.${offered}` }), Buffer.from('\r\n--x--')])
    let outcome: ReturnType<Offer['outcome']> = 'open'
    void mounts.find('/stow/studies')!({ method: 'POST', rest: '', headers: { 'content-type': 'multipart/related; boundary=x' }, body: Readable.from([body]), callerId: 'token-1' })
      .then(({ status }) => { outcome = status === 200 ? 'acknowledged' : 'refused' })
    return Promise.resolve({ outcome: () => outcome })
  }
}
