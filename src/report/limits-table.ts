/**
 * What a finding leaves open, for a pack whose manifest lists no limits. Sources: ICO Guidelines for Diabetic Eye Care 2017 (referable
 * retinopathy and macular oedema are graded apart); WHO consolidated guidelines on tuberculosis, module 2, 2021 (computer-aided
 * detection from age 15, a positive screen needs a bacteriological test).
 */
const LIMITS: Readonly<Record<string, readonly string[]>> = {
  'dr-referable': ['Macular oedema is not assessed.', 'Glaucoma, cataract and other eye disease are not assessed.'],
  tb: [
    'A positive screen is not a diagnosis: it needs a sputum or molecular test.',
    'A negative screen does not exclude tuberculosis in a person with symptoms.', 'Not meant for children under 15 years.'
  ],
  'lus-consolidation': ['Shows consolidation, not its cause.', 'Only the part of the lung under the probe was seen.']
}
const GENERAL = 'Other disease visible in the image is not assessed.'

/** Sentences on what the findings do not say; at least one. */
export function limitsFor(findingCodes: readonly string[]): readonly string[] {
  const specific = [...new Set(findingCodes.flatMap((code) => LIMITS[code] ?? []))]
  return [...specific, GENERAL]
}
