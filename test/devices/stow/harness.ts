import { Readable } from 'node:stream'
import { Mounts } from '../../../src/platform/mounts.js'
import { makeDicom } from '../../generators/dicom.js'
import type { Harness, Offer } from '../harnesses.js'
import { outcomeOf } from '../harnesses.js'

const mounts = new Mounts()
let offered = 0

/** Posts one instance to what the device mounted. */
export const stowHarness: Harness = {
  kind: 'stow',
  options: () => ({}),
  services: { mount: (path, handler) => mounts.mount(path, handler) },
  offer() {
    offered += 1
    return Promise.resolve(post(Readable.from([bodyOf(makeDicom({ sopInstanceUid: `1.2.3.${offered}` }))])))
  },
  async cut() {
    const image = makeDicom({ columns: 200, rows: 200 })
    const offer = post(Readable.from(cutShort(bodyOf(image).subarray(0, 40_000))))
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    return { offer, pictures: [image], plugIn: () => Promise.resolve(post(Readable.from([bodyOf(image)]))) }
  }
}

async function* cutShort(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
  await new Promise((resolve) => { setTimeout(resolve, 50) })
  throw new Error('the connection broke')
}

const bodyOf = (image: Buffer): Buffer => Buffer.concat([Buffer.from('--x\r\nContent-Type: application/dicom\r\n\r\n'), image, Buffer.from('\r\n--x--')])
const post = (body: Readable): Offer => outcomeOf(mounts.find('/stow/studies')!({ method: 'POST', rest: '', headers: { 'content-type': 'multipart/related; boundary=x' }, body, callerId: 'token-1' }).then(({ status }) => status === 200))
