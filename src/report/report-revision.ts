import type { Study } from '../domain/study.js'
import { isAgeUnknown, isOfTakenUid, isReviewed, sureLateralityOf, verdictOf } from '../domain/study.js'
import { contentHash } from './derived-uid.js'
import type { Identity } from './identity.js'

/** Whether there is something to report: a verdict, an image that can't be graded, or a reading that failed. */
export const isReportable = ({ state }: Pick<Study, 'state'>): boolean => state === 'ready' || state === 'failed' || state === 'needs-input'

/** What a report says and of whom: another hash is another revision, which has UIDs of its own. */
export function reportContentHash(study: Study, identity: Identity): string {
  const { reading, reviews, failure, modality } = study
  return contentHash({
    identity: asFirstSaid(identity), verdict: verdictOf(study) ?? null, findings: reading?.findings ?? [], quality: reading?.quality ?? null, pack: reading?.pack ?? null,
    operatingPoint: reading?.operatingPoint ?? null, modality: modality ?? null, laterality: sureLateralityOf(study) ?? null, reviews, failure: failure?.code ?? null, ...(isAgeUnknown(study) ? { isAgeUnknown: true } : {}),
    ...(isDecidedBefore(study) ? { isDecidedBefore: true } : {}),
    // Older versions named the other object's UIDs: what left so is followed by a revision that names its own.
    ...(isOfTakenUid(study) ? { uids: 'own' } : {}),
    // What was made by a clock that nobody had set names another day than the page does; what was made since is right.
    ...(study.reportsBeforeTime === undefined ? {} : { receivedAt: study.receivedAt })
  })
}

/** Of a day before the birth (a clock that nobody had set) earlier releases said nought years: for that alone no report leaves again. */
const asFirstSaid = (identity: Identity): Identity =>
  (identity.source === 'registered' && identity.birthDate !== '' && identity.ageYears === undefined ? { ...identity, ageYears: 0 } : identity)

/** What a clinician changed or rejected before later answers asked for more verifies nothing of this one; an accepted verdict that is another by now says so itself. */
const isDecidedBefore = (study: Study): boolean => study.reviews.length > 0 && study.reviews.at(-1)?.action !== 'accept' && !isReviewed(study)
