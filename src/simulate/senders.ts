import { storeObjects } from '../dicom/store-scu.js'
import { kindOf, phantomDicom, phantomFilmPhoto } from './pictures.js'
import type { SimulatorKind, SimulatorOptions } from './simulator-kind.js'
import { again } from './simulator-kind.js'

const TIMES = { connectMs: 10_000, answerMs: 60_000, leastBytesPerSecond: 10_000 }

function peerOf(to: string) {
  const [, aeTitle, host, port] = /^([^@]{1,16})@(.+):(\d+)$/.exec(to) ?? []
  if (!aeTitle || !host) throw new Error(`--to: expected AET@HOST:PORT; got ${to}`)
  return { host, port: Number(port), calledAe: aeTitle, callingAe: 'PHANTOM' }
}

/** A device that sends by C-STORE: a fundus camera, an X-ray system and an ultrasound in turn. */
export const dicomSimulator: SimulatorKind = {
  kind: 'dicom', does: 'sends phantoms by C-STORE', needs: ['to'],
  run: (options) => again(options, async (index) => {
    const object = phantomDicom(kindOf(index), { seed: options.seed + index, at: options.now().toISOString() })
    const { outcomes, problem } = await storeObjects(peerOf(options.to!), [object], TIMES)
    const [outcome] = outcomes
    if (outcome?.kind !== 'answered' || outcome.status !== 0) throw new Error(problem?.message ?? `not stored: ${outcome?.kind === 'answered' ? outcome.status.toString(16) : outcome?.kind}`)
    options.say(`sent a ${kindOf(index)} phantom`)
  })
}

async function post({ url, token }: SimulatorOptions, path: string, { type, body }: { type: string; body: Buffer }): Promise<void> {
  const answer = await fetch(new URL(path, url), { method: 'POST', headers: { authorization: `Bearer ${token!}`, 'content-type': type }, body: new Uint8Array(body) })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`)
}

/** An app that stores by DICOMweb. */
export const stowSimulator: SimulatorKind = {
  kind: 'stow', does: 'sends phantoms by STOW-RS', needs: ['url', 'token'],
  run: (options) => again(options, async (index) => {
    const { file } = phantomDicom(kindOf(index), { seed: options.seed + index, at: options.now().toISOString() })
    const body = Buffer.concat([Buffer.from('--PHANTOM\r\nContent-Type: application/dicom\r\n\r\n'), file, Buffer.from('\r\n--PHANTOM--')])
    await post(options, '/stow/studies', { type: 'multipart/related; type="application/dicom"; boundary=PHANTOM', body })
    options.say(`stored a ${kindOf(index)} phantom`)
  })
}

/** A telephone that photographs films. */
export const filmPhotoSimulator: SimulatorKind = {
  kind: 'film-photo', does: 'sends photographs of a chest film on a light box', needs: ['url', 'token'],
  run: (options) => again(options, async (index) => {
    await post(options, '/film-photo', { type: 'image/jpeg', body: await phantomFilmPhoto(options.seed + index) })
    options.say('sent a photo of a film')
  })
}
