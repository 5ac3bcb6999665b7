import type { QualityReason } from '../../domain/finding.js'
import type { DicomFacts, Modality } from '../../domain/image-content.js'
import { ROUTE_REASONS } from './route-reasons.js'

/** What the DICOM attributes alone say: a modality, a refusal, or nothing. `namesPart`: the body part is named, and fits. */
export type AttributeRoute = { readonly modality?: Modality; readonly namesPart?: boolean; readonly refusal?: QualityReason }

const CHEST = /CHEST|THORAX|LUNG|PULM|TORAX|TORACE|RIB|HEART/i
const EYE = /EYE|RETINA|FUNDUS|OPHTH|OCUL|MACULA|OPTIC/i
const LATERAL = /^(?:LL|RL|LLD|RLD|LAT|LATERAL|LLAT|RLAT)$/i
const SCREENSHOT = new Set(['OT', 'SC', 'DOC', ''])

const MODALITIES: Readonly<Record<string, Modality>> = { CR: 'cxr', DX: 'cxr', RG: 'cxr', DR: 'cxr', OP: 'fundus', XC: 'fundus', US: 'ultrasound' }

/**
 * Modality (0008,0060), BodyPartExamined (0018,0015) and ViewPosition (0018,5101) of PS3.3. A body part that is named and is not
 * the pack's is refused; an absent one is not. Secondary captures say nothing: their content decides.
 */
export function routeByAttributes(dicom: Pick<DicomFacts, 'modality' | 'bodyPart' | 'viewPosition'> | undefined): AttributeRoute {
  const claimed = dicom?.modality?.trim().toUpperCase() ?? ''
  const modality = MODALITIES[claimed]
  if (!dicom || (!modality && SCREENSHOT.has(claimed))) return {}
  if (!modality) return { refusal: ROUTE_REASONS.otherDevice(claimed) }
  const part = dicom.bodyPart?.trim() ?? ''
  const expected = modality === 'fundus' ? EYE : CHEST
  if (part !== '' && !expected.test(part)) return { modality, refusal: ROUTE_REASONS.bodyPart(part, modality) }
  if (modality === 'cxr' && LATERAL.test(dicom.viewPosition?.trim() ?? '')) return { modality, refusal: ROUTE_REASONS.lateral }
  return { modality, namesPart: part !== '' }
}
