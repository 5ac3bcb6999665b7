import type { Modality } from '../../domain/image-content.js'

/** Storage classes of images that are looked at beside a new one; a secondary capture may be anything, our own heatmaps too. */
const CLASSES: Readonly<Record<string, Modality>> = {
  '1.2.840.10008.5.1.4.1.1.1': 'cxr', '1.2.840.10008.5.1.4.1.1.1.1': 'cxr',
  '1.2.840.10008.5.1.4.1.1.3.1': 'ultrasound', '1.2.840.10008.5.1.4.1.1.6.1': 'ultrasound',
  '1.2.840.10008.5.1.4.1.1.77.1.5.1': 'fundus', '1.2.840.10008.5.1.4.1.1.77.1.5.2': 'fundus'
}

export const modalityOfClass = (sopClassUid: string): Modality | undefined => (Object.hasOwn(CLASSES, sopClassUid) ? CLASSES[sopClassUid] : undefined)
/** As a series says it. */
export const PRIOR_MODALITIES: ReadonlySet<string> = new Set(['CR', 'DX', 'DR', 'OP', 'US'])
/** A clip of ultrasound may be more; it is left out. */
export const MOST_PRIOR_BYTES = 32 * 1024 * 1024
/** Of one study, so that the one before it is seen too. */
export const MOST_OF_A_STUDY = 4
/** What an archive answers of one patient is read so far. */
export const MOST_ANSWERS = 200
