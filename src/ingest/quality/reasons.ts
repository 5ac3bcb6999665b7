import type { QualityReason } from '../../domain/finding.js'

/** Reasons that do not come from a pixel measure. */
export const REASONS = {
  tooSmall: (shorterSide: number, least: number): QualityReason => ({
    code: 'low-resolution', text: `The image is only ${shorterSide} pixels on its shorter side; at least ${least} are needed.`, retake: 'Send the original image, not a thumbnail or a screenshot.'
  }),
  lowResolution: (shorterSide: number, meant: number): QualityReason => ({
    code: 'low-resolution', text: `The image has ${shorterSide} pixels on its shorter side; the reading is meant for ${meant} or more and is less sure.`, retake: 'Send the original image if there is a larger one.'
  }),
  qualityReject: { code: 'quality-reject', text: 'The image is not good enough to be read.', retake: 'Take it again: sharp, evenly lit, and with the whole field visible.' } satisfies QualityReason,
  noAnswer: { code: 'no-answer', text: 'The model gave no usable answer for this image.', retake: 'Have it read again. If that repeats, refer the patient and tell the technician.' } satisfies QualityReason,
  outOfDistribution: { code: 'out-of-distribution', text: 'The image is unlike those that the reading was made for, so a score would mean nothing.', retake: 'Check that it is the right kind of image; if it is, a person must read it.' } satisfies QualityReason,
  outsideLimits: (measure: string): QualityReason => ({ code: 'quality-reject', text: `The image is outside what the reading was made for (${measure}).`, retake: 'Take it again.' })
} as const
