import type { Pixels } from '../../domain/image-content.js'
import type { ActivationMaps } from '../../inference/heatmap.js'
import { sigmoid } from '../../inference/calibrate.js'
import { distanceToCentroids } from '../../inference/out-of-distribution.js'
import type { Region } from '../../inference/preprocess/picture.js'
import { preprocess } from '../../inference/preprocess/preprocess.js'
import type { LoadedPack } from './pack-shelf.js'
import type { Stopwatch } from './stopwatch.js'

/** What the network said of one frame. */
export type FrameOutput = {
  readonly frame: number
  readonly logits: Float32Array
  readonly region: Region
  readonly activation?: ActivationMaps
  readonly rejectProbability?: number
  /** To the nearest centroid of the training set. */
  readonly distance?: number
}

/** Whether every number that was asked for is one. */
export const isAnswer = ({ logits, rejectProbability = 0, distance = 0 }: FrameOutput): boolean =>
  logits.length > 0 && logits.every((value) => Number.isFinite(value)) && !Number.isNaN(rejectProbability) && !Number.isNaN(distance)

/** `count` frames spread evenly over the clip, the middle one when it is one. */
export function framesToRead(frames: number, count: number): number[] {
  const kept = Math.min(frames, Math.max(1, count))
  return Array.from({ length: kept }, (_, index) => Math.floor(((index + 0.5) * frames) / kept))
}

/** Preprocesses and runs one frame; the time goes to the stage `prepare` and to `inference`. */
export async function inferFrame(loaded: LoadedPack, picture: { pixels: Pixels; frame: number }, watch: Stopwatch, prepare: 'quality' | 'preprocess' = 'preprocess'): Promise<FrameOutput> {
  const { manifest } = loaded.pack
  const input = watch.measure(prepare, () => preprocess(picture.pixels, picture.frame, manifest.preprocess))
  const { data, channels, height, width, region } = input
  const outputs = await watch.measure('inference', () => loaded.session.run(manifest.input.name, { data, dims: [1, channels, height, width] }))
  const named = (name: string | undefined) => (name === undefined ? undefined : outputs[name])
  const [logits, activation, embedding, quality] = [named(manifest.outputs.logits), named(manifest.outputs.activation), named(manifest.outputs.embedding), named(manifest.outputs.quality)]
  const strange = manifest.gate.outOfDistribution
  return {
    frame: picture.frame, region, logits: logits?.data ?? new Float32Array(),
    ...(activation ? { activation } : {}),
    ...(quality ? { rejectProbability: sigmoid(quality.data[0] ?? 0) } : {}),
    ...(embedding && strange ? { distance: distanceToCentroids(embedding.data, strange.centroids) } : {})
  }
}
