import { webcrypto } from 'node:crypto'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import { decodeBytes, readBytes, type Decoded } from '../../ingest/decode/decode.js'
import { filmFromPhoto } from '../../ingest/film-photo/film-photo.js'
import type { ReadRequest } from './protocol.js'

type Asked = Pick<ReadRequest, 'path' | 'filmPhoto' | 'sha256'>

/** The object's pixels; of a photograph of a film, the film. `object-damaged` when the bytes are not those of `sha256`. */
export async function decodeAsked({ path, filmPhoto, sha256 }: Asked): Promise<Result<Decoded, Problem>> {
  const bytes = await readBytes(path)
  if (!bytes.ok) return bytes
  // The hash is made on another thread meanwhile, of the very bytes that are decoded.
  const [isDamaged, decoded] = await Promise.all([isOther(bytes.value, sha256), decodeBytes(bytes.value)])
  if (isDamaged) return err(problem('object-damaged', 'The image on the disk is not the one that was received. Send it again.'))
  if (!decoded.ok || !filmPhoto || decoded.value.content === 'dicom') return decoded
  const { pixels, notes } = filmFromPhoto(decoded.value.pixels)
  return ok({ ...decoded.value, pixels, notes: [...decoded.value.notes, ...notes] })
}

async function isOther(bytes: Buffer, sha256: string | undefined): Promise<boolean> {
  if (sha256 === undefined) return false
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex') !== sha256
}
