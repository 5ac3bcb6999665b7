import type { PackManifest } from './manifest.js'

/**
 * The finding that a pack must look for before its "nothing found" clears anybody: the routine rows of the triage table (`triage/table.ts`) say that there is
 * no diabetic eye disease to refer, no sign of tuberculosis, no sign of disease in the lungs, which a pack that never looked for it can't know.
 */
export const CLEARED_BY: Readonly<Partial<Record<PackManifest['modality'], string>>> = { fundus: 'dr-referable', cxr: 'tb', ultrasound: 'lus-consolidation' }
