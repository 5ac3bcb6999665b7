import { Readable } from 'node:stream'
import { Mounts } from '../../../src/platform/mounts.js'
import type { Harness, Offer } from '../harnesses.js'
import { outcomeOf } from '../harnesses.js'

const mounts = new Mounts()

/** Posts one photograph to what the device mounted. */
export const filmPhotoHarness: Harness = {
  kind: 'film-photo',
  options: () => ({}),
  services: { mount: (path, handler) => mounts.mount(path, handler) },
  offer: () => Promise.resolve(post(Readable.from([Buffer.from('photo')]))),
  async cut() {
    const offer = post(Readable.from(cutShort()))
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    return { offer, pictures: [Buffer.from('half a photo')], plugIn: () => Promise.resolve(post(Readable.from([Buffer.from('half a '), Buffer.from('photo')]))) }
  }
}

async function* cutShort(): AsyncGenerator<Buffer> {
  yield Buffer.from('half a ')
  await new Promise((resolve) => { setTimeout(resolve, 50) })
  throw new Error('the connection broke')
}

const post = (body: Readable): Offer => outcomeOf(mounts.find('/film-photo')!({ method: 'POST', rest: '', headers: {}, body, callerId: 'U-1' }).then(({ status }) => status === 201))
