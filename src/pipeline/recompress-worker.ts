import { parentPort } from 'node:worker_threads'
import { encodeHtj2k } from './htj2k-encoder.js'
import type { FrameToEncode } from './checked-encoding.js'
import { encodeJpegLs } from './jpeg-ls-encoder.js'

export type Coding = 'jpeg-ls' | 'htj2k'
type Question = { readonly id: number; readonly coding: Coding; readonly frame: FrameToEncode }

const ENCODERS = { 'jpeg-ls': encodeJpegLs, htj2k: encodeHtj2k } as const

parentPort?.on('message', ({ id, coding, frame }: Question) => {
  ENCODERS[coding](frame).then((encoded) => parentPort?.postMessage({ id, encoded }), () => parentPort?.postMessage({ id }))
})
