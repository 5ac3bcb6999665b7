import type { Pixels } from '../../domain/image-content.js'
import type { PreprocessStep } from '../manifest.js'
import { grey, repeatChannels } from './channels.js'
import { cropBorder } from './crop-border.js'
import { cropCentre } from './crop-centre.js'
import { cropFieldOfView } from './crop-field-of-view.js'
import { addEqualised, equalise } from './equalise.js'
import { localContrast } from './local-contrast.js'
import { padSquare } from './pad-square.js'
import type { Picture, Region } from './picture.js'
import { resize } from './resize.js'
import { stretch } from './stretch.js'
import { toTensor } from './to-tensor.js'

export type Preprocessed = {
  /** NCHW, one image. */
  readonly data: Float32Array
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Pixels of the original image that the input covers; exceeds the image where it was padded. */
  readonly region: Region
}

type RenderStep = Exclude<PreprocessStep, { step: 'to-tensor' }>

function apply(picture: Picture, step: RenderStep): Picture {
  switch (step.step) {
    case 'crop-field-of-view': return cropFieldOfView(picture, step)
    case 'crop-border': return cropBorder(picture, step)
    case 'crop-centre': return cropCentre(picture, step)
    case 'pad-square': return padSquare(picture)
    case 'resize': return resize(picture, step)
    case 'grey': return grey(picture)
    case 'repeat-channels': return repeatChannels(picture)
    case 'equalise': return equalise(picture, step)
    case 'add-equalised': return addEqualised(picture, step)
    case 'local-contrast': return localContrast(picture, step)
    case 'stretch': return stretch(picture, step)
  }
}

/** One frame as the first picture; no bytes are copied. */
function frameOf(pixels: Pixels, frame: number): Picture {
  if (!Number.isInteger(frame) || frame < 0 || frame >= pixels.frames) {
    throw new RangeError(`frame ${frame} of ${pixels.frames}: ask for 0 to ${pixels.frames - 1}`)
  }
  const { width, height, channels } = pixels
  const length = width * height * channels
  return { width, height, channels, data: pixels.data.subarray(frame * length, (frame + 1) * length), region: { x: 0, y: 0, width, height } }
}

/** All steps before `to-tensor`, as an 8-bit picture: what training reads and what the eye can check. */
export function renderPreprocessed(pixels: Pixels, frame: number, steps: readonly PreprocessStep[]): Picture {
  return steps.reduce((picture, step) => (step.step === 'to-tensor' ? picture : apply(picture, step)), frameOf(pixels, frame))
}

/**
 * The network's input for one frame by the manifest's steps; throws a RangeError when the steps do not end in
 * `to-tensor` or the frame does not exist.
 */
export function preprocess(pixels: Pixels, frame: number, steps: readonly PreprocessStep[]): Preprocessed {
  const last = steps.at(-1)
  if (last?.step !== 'to-tensor') throw new RangeError(`preprocess: the last step must be 'to-tensor', it is '${last?.step ?? 'missing'}'`)
  const picture = renderPreprocessed(pixels, frame, steps)
  const { channels, height, width, region } = picture
  return { data: toTensor(picture, last), channels, height, width, region }
}
