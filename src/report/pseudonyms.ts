import { createHmac } from 'node:crypto'
import type { Pseudonyms } from '../dicom/codec.js'
import { uidFrom } from '../dicom/uids.js'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const PSEUDONYM_LENGTH = 12
/** Dates go back by one day to five years. */
const MOST_DAYS = 1826

/**
 * What stands in the place of a person: the same key and person always give the same name, days and UIDs, and without the key nobody can tell
 * who it was (HMAC-SHA-256). `patientId` is what the person's objects would leave under.
 */
export function pseudonymsOf(key: Uint8Array, patientId: string): Pseudonyms {
  const digest = (...parts: readonly string[]): Buffer => createHmac('sha256', key).update(JSON.stringify(parts)).digest()
  const name = [...digest('patient', patientId).subarray(0, PSEUDONYM_LENGTH)].map((byte) => ALPHABET[byte & 31]).join('')
  return {
    patient: `SP-${name}`,
    shiftDays: -(1 + (digest('days', patientId).readUInt32BE(0) % MOST_DAYS)),
    uid: (old) => uidFrom(digest('uid', old))
  }
}
