import { open, type FileHandle } from 'node:fs/promises'
import type { QualityReason } from '../../domain/finding.js'
import type { ContentKind, DicomFacts, Pixels } from '../../domain/image-content.js'
import type { Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'
import { decodeBmp } from './bmp.js'
import { decodeDicom } from './dicom-image.js'
import type { DecodeLimits } from './limits.js'
import { defaultDecodeLimits } from './limits.js'
import { DecodeError, PROBLEMS, tooLarge } from './problems.js'
import { decodeRaster } from './raster.js'
import { sniffContent } from './sniff.js'

export { defaultDecodeLimits, type DecodeLimits } from './limits.js'
export { sniffContent } from './sniff.js'

/** What a file held: display pixels, the facts of a DICOM object, and remarks on what was damaged or left out. */
export type Decoded = {
  readonly content: ContentKind
  readonly pixels: Pixels
  readonly dicom?: DicomFacts
  readonly notes: readonly QualityReason[]
}

/**
 * Decodes a file to 8-bit display pixels, by its content and never by its name. Everything expected that goes
 * wrong is a problem (`empty-file`, `not-an-image`, `truncated`, `bad-dicom`, `unsupported-transfer-syntax`,
 * `no-pixel-data`, `too-large`, `absurd-dimensions`, `damaged-pixels`); an i/o error of the disk throws.
 */
export async function decodeFile(path: string, limits: DecodeLimits = defaultDecodeLimits): Promise<Result<Decoded, Problem>> {
  const bytes = await readBytes(path, limits)
  return bytes.ok ? decodeBytes(bytes.value, limits) : bytes
}

/** A file's bytes for `decodeBytes`, or why they are not looked at (`empty-file`, `too-large`); an i/o error of the disk throws. */
export async function readBytes(path: string, limits: DecodeLimits = defaultDecodeLimits): Promise<Result<Buffer, Problem>> {
  const file = await open(path, 'r')
  try {
    return await readWhole(file, limits)
  } finally {
    await file.close()
  }
}

async function readWhole(file: FileHandle, limits: DecodeLimits): Promise<Result<Buffer, Problem>> {
  const { size } = await file.stat()
  if (size === 0) return err(PROBLEMS.emptyFile)
  if (size > limits.maxBytes) return err(tooLarge(size, limits.maxBytes))
  return ok(await readFully(file, size))
}

/** One large read: `FileHandle.readFile` goes to the thread pool for every half megabyte. */
async function readFully(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

/** As `decodeFile`, for bytes that are in memory already. */
export async function decodeBytes(bytes: Buffer, limits: DecodeLimits = defaultDecodeLimits): Promise<Result<Decoded, Problem>> {
  if (bytes.length === 0) return err(PROBLEMS.emptyFile)
  const content = sniffContent(bytes.subarray(0, 4096))
  if (!content) return err(PROBLEMS.notAnImage)
  try {
    if (content === 'dicom') return ok({ content, ...await decodeDicom(bytes, limits) })
    const pixels = content === 'bmp' ? decodeBmp(bytes, limits) : await decodeRaster(bytes, limits)
    return ok({ content, notes: [], ...pixels })
  } catch (error) {
    return err(problemOf(error))
  }
}

/** A codec that throws found damage; a range error comes from lengths that do not fit the bytes. */
function problemOf(error: unknown): Problem {
  return error instanceof DecodeError ? error.problem : PROBLEMS.damagedPixels
}
