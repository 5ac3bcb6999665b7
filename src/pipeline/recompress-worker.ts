import { parentPort } from 'node:worker_threads'
import type { FrameToEncode } from './jpeg-ls-encoder.js'
import { encodeJpegLs } from './jpeg-ls-encoder.js'

type Question = { readonly id: number; readonly frame: FrameToEncode }

parentPort?.on('message', ({ id, frame }: Question) => {
  encodeJpegLs(frame).then((encoded) => parentPort?.postMessage({ id, encoded }), () => parentPort?.postMessage({ id }))
})
