import type { Modality } from '../../domain/image-content.js'
import type { MeasureName } from './measure.js'

/** A limit of one measure: past `refuse` the image is ungradable, past `warn` it is graded with a remark and a lower score. */
export type Limit = {
  readonly measure: MeasureName
  readonly side: 'below' | 'above'
  readonly refuse: number
  readonly warn: number
  readonly code: string
  readonly text: string
  readonly retake: string
}

const blank: Limit = {
  measure: 'uniformity', side: 'above', refuse: 0.985, warn: 0.985, code: 'blank',
  text: 'The picture is empty: nearly all of it has one shade.', retake: 'Check the lens cap, the cable or the probe, then take it again.'
}
const unlit: Limit = {
  measure: 'litShare', side: 'below', refuse: 0.02, warn: 0.02, code: 'blank',
  text: 'The picture is black.', retake: 'Check that the device is on and its light works, then take it again.'
}

/**
 * Usual limits, measured on train and val of public sets (EyePACS, ODIR, SRahimDR; NIH, Shenzhen, Qatar, Hannover; POCUS): nearly every
 * image that people graded passes `refuse`, and `warn` is about the worst twentieth. A pack's manifest may set its own `refuse`.
 */
export const LIMITS: Readonly<Record<Modality, readonly Limit[]>> = {
  fundus: [
    unlit, blank,
    { measure: 'colourfulness', side: 'below', refuse: 2, warn: 2, code: 'no-colour', text: 'The photo has no colour; the model knows colour photos only.', retake: 'Take a colour photo: switch off the red-free or infrared mode.' },
    { measure: 'brightness', side: 'below', refuse: 28, warn: 46, code: 'too-dark', text: 'The photo is too dark.', retake: 'Raise the flash one step, or wait until the pupil is wide in a darker room.' },
    { measure: 'clippedDark', side: 'above', refuse: 0.5, warn: 0.2, code: 'too-dark', text: 'Large parts of the photo are black.', retake: 'Centre the pupil, hold the camera at the marked distance, and take it again.' },
    { measure: 'brightness', side: 'above', refuse: 220, warn: 195, code: 'too-bright', text: 'The photo is too bright.', retake: 'Lower the flash one step.' },
    { measure: 'clippedBright', side: 'above', refuse: 0.35, warn: 0.08, code: 'too-bright', text: 'Parts of the photo are burnt out.', retake: 'Lower the flash one step and avoid reflections from the cornea.' },
    { measure: 'focus', side: 'below', refuse: 0.009, warn: 0.02, code: 'out-of-focus', text: 'The photo is out of focus or shaken.', retake: 'Wipe the lens, ask the patient to look at the light and keep still, and focus on the vessels.' },
    { measure: 'contrast', side: 'below', refuse: 11, warn: 26, code: 'low-contrast', text: 'The retina is hardly visible: haze over the whole photo.', retake: 'Wipe the lens and take it again; if it stays hazy, the eye may have a cataract: refer.' },
    { measure: 'roundness', side: 'below', refuse: 0.42, warn: 0.68, code: 'field-cut-off', text: 'Part of the round field is missing.', retake: 'Centre the pupil and open the eye wide, lids and lashes out of the way.' }
  ],
  cxr: [
    unlit, { ...blank, refuse: 0.7, warn: 0.5 },
    { measure: 'brightness', side: 'below', refuse: 35, warn: 75, code: 'too-dark', text: 'The film is too dark.', retake: 'Lower the exposure, or brighten it at the workstation before sending.' },
    { measure: 'clippedBright', side: 'above', refuse: 0.5, warn: 0.25, code: 'too-bright', text: 'Large parts of the film are white.', retake: 'Raise the exposure, or check the light of the digitizer.' },
    { measure: 'contrast', side: 'below', refuse: 28, warn: 48, code: 'low-contrast', text: 'Lungs and ribs hardly differ from their surroundings.', retake: 'Check tube voltage and the window before sending it again.' },
    { measure: 'focus', side: 'below', refuse: 0.002, warn: 0.006, code: 'out-of-focus', text: 'The film is blurred.', retake: 'Ask the patient to hold the breath; photograph a film flat and straight on.' },
    { measure: 'litShare', side: 'below', refuse: 0.35, warn: 0.55, code: 'field-cut-off', text: 'Much of the film is missing or collimated away.', retake: 'Both lungs must be complete, from the tips to the corners.' }
  ],
  ultrasound: [
    unlit, blank,
    { measure: 'contrast', side: 'below', refuse: 25, warn: 50, code: 'low-contrast', text: 'The picture has hardly any echoes.', retake: 'Use more gel, press gently, and raise the gain.' },
    { measure: 'focus', side: 'below', refuse: 0.003, warn: 0.01, code: 'out-of-focus', text: 'The picture is blurred.', retake: 'Hold the probe still and set the depth to the lung surface.' },
    { measure: 'clippedBright', side: 'above', refuse: 0.5, warn: 0.2, code: 'too-bright', text: 'The gain is too high.', retake: 'Lower the gain until tissue is grey.' }
  ]
}
