import { createHash } from 'node:crypto'
import { uidFrom } from '../dicom/uids.js'

/** A UID that follows from its parts: the same parts give it again, other parts never (2.25 of the first 128 bits of a SHA-256). */
export const derivedUid = (...parts: readonly (string | number)[]): string => uidFrom(createHash('sha256').update(JSON.stringify(['screenpost', ...parts])).digest())

/** SHA-256 of a value as JSON, hexadecimal. */
export const contentHash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')
