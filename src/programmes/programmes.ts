import type { Modality } from '../domain/image-content.js'
import diabeticRetinopathy from './diabetic-retinopathy.json' with { type: 'json' }
import lungUltrasound from './lung-ultrasound.json' with { type: 'json' }
import type { Programme } from './programme.js'
import { parseProgramme } from './programme.js'
import tuberculosis from './tuberculosis.json' with { type: 'json' }

/** Every programme: a new one is one data file and one word here. */
export const programmes: readonly Programme[] = [tuberculosis, diabeticRetinopathy, lungUltrasound].map(parseProgramme)

/** The programme whose images are of this kind. */
export const programmeFor = (modality: Modality | undefined): Programme | undefined =>
  modality && programmes.find((programme) => programme.modality === modality)
