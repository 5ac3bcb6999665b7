import type { QualityReason } from '../../domain/finding.js'

/** Remarks of the decoder that a reader of the result should see. */
export const NOTES = {
  framesSampled: (kept: number, count: number): QualityReason =>
    ({ code: 'frames-sampled', text: `${kept} of ${count} frames were read, evenly spread over the clip.` }),
  framesDamaged: (count: number): QualityReason =>
    ({ code: 'frames-damaged', text: `${count} ${count === 1 ? 'frame is' : 'frames are'} damaged or missing and ${count === 1 ? 'was' : 'were'} left out.`, retake: 'Send the clip again.' }),
  windowIgnored: { code: 'window-ignored', text: 'The window stored in the image would show nothing, so the range of its pixels is shown instead.' } satisfies QualityReason
} as const
