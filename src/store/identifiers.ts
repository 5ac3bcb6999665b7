import { randomBytes } from 'node:crypto'
import type { IsoTime, StudyId } from '../domain/ids.js'
import { STUDY_ID_PATTERN } from '../domain/ids.js'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Eight Crockford base-32 characters: 40 random bits. */
const randomSuffix = (): string => Array.from(randomBytes(8), (byte) => CROCKFORD[byte & 31]).join('')

/** `yyyymmdd-XXXXXXXX` of the time of receipt (UTC). */
export const newStudyId = (receivedAt: IsoTime): StudyId => `${receivedAt.slice(0, 10).replaceAll('-', '')}-${randomSuffix()}`

export const isStudyId = (text: string): boolean => STUDY_ID_PATTERN.test(text)
