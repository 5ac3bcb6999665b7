import { settledOf } from '../domain/delivery.js'
import { DID_NOT_ATTEND, outcomesInForce } from '../domain/study-additions.js'
import { secondReadOf } from '../domain/second-read.js'
import type { Study, StudySummary } from '../domain/study.js'
import { awaitsAge, findingsInForce, isReviewed, lacksPack, sureLateralityOf, verdictOf } from '../domain/study.js'

/** What a nurse can answer on the study's page; whose an image is has a list of its own. */
const ANSWERED_BY_NURSES = new Set(['which-pack', 'age-unknown', 'laterality-conflict'])

/** The line of the index for a study. */
export function summarise(study: Study): StudySummary {
  const verdict = verdictOf(study)
  const second = secondReadOf(study)
  const settled = settledOf(study)
  return {
    id: study.id, sequence: study.sequence, revision: study.revision, state: study.state,
    modality: study.modality, laterality: sureLateralityOf(study),
    receivedAt: study.receivedAt, ...(study.timeUncertain ? { timeUncertain: true } : {}), ...(study.evicted ? { evicted: true } : {}), patientId: study.patientId, visitId: study.visitId, take: study.take,
    triageLevel: verdict?.level ?? 'none', triageText: verdict?.text, triageCode: verdict?.code,
    gradable: study.reading?.quality.gradable,
    positives: findingsInForce(study).filter((finding) => finding.positive).map((finding) => finding.code),
    reviewed: isReviewed(study), ...(study.questions.some(({ code }) => ANSWERED_BY_NURSES.has(code)) ? { asked: true as const } : {}), ...(lacksPack(study) ? { lacksPack: true as const } : {}), ...(study.reading?.age?.dayUncertain ? { ageDayUncertain: true as const } : {}), ...(awaitsAge(study) ? { awaitsAge: true as const } : {}), ...(second && (second.state === 'wanted' || second.state === 'discordant') ? { second: { state: second.state, first: second.first.by } } : {}),
    ...(study.outcomes ? { outcomes: outcomesInForce(study).filter(({ value }) => value !== DID_NOT_ATTEND).map(({ kind }) => kind) } : {}),
    ...(study.overreads ? { overread: true as const } : {}), ...(settled ? { settled } : {}),
    deviceId: study.source.deviceId, ...(study.source.operator ? { operator: study.source.operator } : {}), fingerprint: study.object.fingerprint, sopInstanceUid: study.object.sopInstanceUid
  }
}
