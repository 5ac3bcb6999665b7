import type { QualityReason } from '../../domain/finding.js'

/** Remarks of the decoder that a reader of the result should see. */
export const NOTES = {
  framesSampled: (kept: number, count: number): QualityReason =>
    ({ code: 'frames-sampled', text: `${kept} of ${count} frames were read, evenly spread over the clip.` }),
  framesDamaged: (count: number): QualityReason =>
    ({ code: 'frames-damaged', text: `${count} ${count === 1 ? 'frame is' : 'frames are'} damaged or missing and ${count === 1 ? 'was' : 'were'} left out.`, retake: 'Send the clip again.' }),
  pagesLeftOut: (count: number): QualityReason =>
    ({ code: 'pages-left-out', text: `Only the first of the ${count} pictures in this file was read.`, retake: 'Send each picture as a file of its own.' }),
  windowIgnored: { code: 'window-ignored', text: 'The window stored in the image would show nothing, so the range of its pixels is shown instead.' } satisfies QualityReason
} as const
