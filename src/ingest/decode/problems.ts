import { problem, type Problem } from '../../domain/problem.js'

/** Why a file gave no pixels: one place for the words, so that page, quarantine and command line agree. */
export const PROBLEMS = {
  emptyFile: problem('empty-file', 'The file has 0 bytes. Copy or send it again from the device.'),
  notAnImage: problem('not-an-image', 'The file is not DICOM, JPEG, PNG, TIFF or BMP. Export the image in one of these formats.'),
  truncated: problem('truncated', 'The file ends before the image does. Send it again and wait until the transfer has finished.'),
  badDicom: problem('bad-dicom', 'The DICOM header cannot be read. Send the image again from the device; if it fails again, export it as JPEG or PNG.'),
  noPixelData: problem('no-pixel-data', 'The DICOM object holds no image (a report, a waveform or a plan). Send the image itself.'),
  damagedPixels: problem('damaged-pixels', 'The compressed image data is damaged. Send the image again, uncompressed if the device allows it.')
} as const

export const tooLarge = (bytes: number, maxBytes: number): Problem =>
  problem('too-large', `The file has ${Math.ceil(bytes / 1048576)} MB; at most ${Math.floor(maxBytes / 1048576)} MB are read. Export it smaller or as a shorter clip.`)

export const absurdDimensions = (columns: number, rows: number): Problem =>
  problem('absurd-dimensions', `The image claims ${columns} x ${rows} pixels. Check the export settings of the device and send it again.`)

export const unsupportedSyntax = (uid: string): Problem =>
  problem('unsupported-transfer-syntax', `Transfer syntax ${uid === '' ? '(none given)' : uid.slice(0, 64)} is not read. Set the device to send uncompressed, JPEG, JPEG-LS, JPEG 2000 or RLE images.`)

export const unsupportedPixels = (what: string): Problem =>
  problem('bad-dicom', `The DICOM header describes pixels that cannot be shown: ${what}. Send the image uncompressed, or export it as JPEG or PNG.`)

/** Thrown inside a decode, caught by `decodeFile`: it carries the problem that is the outcome. */
export class DecodeError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message)
  }
}

export function fail(problem: Problem): never {
  throw new DecodeError(problem)
}
