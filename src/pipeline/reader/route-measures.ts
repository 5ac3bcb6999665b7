import type { Modality } from '../../domain/image-content.js'
import type { Measures } from '../../ingest/quality/measure.js'

/** The measures that tell kinds of pictures apart. */
export type KindMeasures = Pick<Measures, 'colourfulness' | 'redness' | 'symmetry' | 'litShare' | 'roundness' | 'chestPolarity' | 'sector'>

/**
 * A cautious guess by colour and geometry, for when the gate is out of service: a reddish round field is a fundus; a grey,
 * symmetric, well-lit picture with a bright middle is a chest; a grey picture bright near the probe and dark in the lower corners is
 * ultrasound. Undefined when none is clear.
 */
export function guessByMeasures(measures: KindMeasures): Modality | undefined {
  const grey = measures.colourfulness < 8
  if (!grey && measures.redness > 0.36 && measures.colourfulness > 14 && measures.roundness > 0.6 && measures.roundness < 1.2) return 'fundus'
  if (grey && measures.symmetry > 0.45 && measures.litShare > 0.8 && measures.chestPolarity > 20) return 'cxr'
  if (grey && measures.litShare < 0.75 && measures.sector > 25) return 'ultrasound'
  return undefined
}

/** Whether a picture can't be of the kind that its file claims, by its colours: a red chest film, a grey fundus photo is possible. */
export function contradicts(modality: Modality, measures: KindMeasures): boolean {
  if (modality === 'fundus') return guessByMeasures(measures) === 'cxr'
  return measures.colourfulness > 35
}
