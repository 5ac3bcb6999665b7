import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { ok } from '../../domain/result.js'
import { decodeFile, type Decoded } from '../../ingest/decode/decode.js'
import { filmFromPhoto } from '../../ingest/film-photo/film-photo.js'
import type { ReadRequest } from './protocol.js'

/** The object's pixels; of a photograph of a film, the film. */
export async function decodeAsked({ path, filmPhoto }: Pick<ReadRequest, 'path' | 'filmPhoto'>): Promise<Result<Decoded, Problem>> {
  const decoded = await decodeFile(path)
  if (!decoded.ok || !filmPhoto || decoded.value.content === 'dicom') return decoded
  const { pixels, notes } = filmFromPhoto(decoded.value.pixels)
  return ok({ ...decoded.value, pixels, notes: [...decoded.value.notes, ...notes] })
}
