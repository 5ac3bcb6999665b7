import type { Finding } from '../../../domain/finding.js'
import type { Triage } from '../../../domain/finding.js'
import type { Reading } from '../../../domain/reading.js'
import type { Study } from '../../../domain/study.js'
import { awaitsAge, imageVerdictOf, isAgeUnknown, REJECTED, verdictOf } from '../../../domain/study.js'
import type { EyesVerdict } from '../../../programmes/eyes.js'
import { eyesOver } from '../../../programmes/eyes.js'
import type { Mark } from '../badge.js'
import { badge, markOf, markOfLevel } from '../badge.js'
import { adviceText, nextStepText, shortFacts } from '../describe.js'
import { EYE_CLEAR, eyesMark, eyesText, takeEyes } from '../eyes.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { houseProblem } from '../problem.js'
import type { StudyModel } from './model.js'
import { ENOUGH_TRIES } from './model.js'
import { otherQuestions, verdictQuestions } from './questions.js'
import { readersPart } from './readers.js'

const percent = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10

/** The score on a line from 0 to 100 with the threshold marked; the words below say the same. */
function scoreBar(finding: Finding): Html {
  const [score, threshold] = [percent(finding.score), percent(finding.threshold)]
  return html`<svg class="score ${finding.positive ? 'over' : 'under'}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" x="0" y="2" width="100" height="6"></rect>
<rect class="value" x="0" y="2" width="${score}" height="6"></rect><rect class="mark" x="${Math.min(99.2, threshold)}" y="0" width="0.8" height="10"></rect></svg>`
}

function findingLine(page: PageContext, finding: Finding): Html {
  const { t, number, coded } = page.words
  const outcome = finding.positive ? html`${icon('bad')} ${t('finding.positive')}` : html`${icon('good')} ${t('finding.negative')}`
  const values = { score: number(percent(finding.score), 1), threshold: number(percent(finding.threshold), 1) }
  return html`<li class="${finding.positive ? 'positive' : 'negative'}"><p><strong>${coded(`finding.${finding.code}`, finding.name)}</strong> <span class="outcome">${outcome}</span></p>
${scoreBar(finding)}<p class="hint">${t('finding.score', values)}</p></li>`
}

/** Each finding's score against its threshold; absent when nothing was scored. */
export function findingsPart(page: PageContext, reading: Reading | undefined): Html | undefined {
  if (!reading || reading.findings.length === 0) return undefined
  const { t, coded } = page.words
  const point = reading.operatingPoint
  return html`<section class="card findings"><h2>${t('study.findings')}</h2><ul>${reading.findings.map((finding) => findingLine(page, finding))}</ul>
${point ? html`<p class="hint">${t('finding.operating-point', { name: coded(`point.${point}`, point) })}</p>` : undefined}</section>`
}

function reviewedBy(page: PageContext, study: Study): Html | undefined {
  const review = study.reviews.at(-1)
  if (!review) return undefined
  const { t, date, time } = page.words
  return html`<p class="reviewed">${icon('person')} ${t(`reviewed.${review.action}`, { by: review.by, day: date(review.at), time: time(review.at) })}${review.reason ? html`<br><q><bdi>${review.reason}</bdi></q>` : undefined}</p>`
}

function failure(page: PageContext, study: Study): Html | undefined {
  if (!study.failure) return undefined
  const { code, message } = study.failure
  const said = page.words.coded(`problem.${code}`, message)
  return html`<p>${said === message ? houseProblem(page.words, study.failure) : said}</p>`
}

const NOT_TO_BE_TAKEN_AGAIN: ReadonlySet<string> = new Set(['wrong-image', 'rotated', 'no-pack'])

/** Taking it again would not help: it is another kind of image, it only lies wrongly, or nothing here reads it. */
export const isNotToBeTakenAgain = (study: Study): boolean => study.reading?.quality.reasons.some(({ code }) => NOT_TO_BE_TAKEN_AGAIN.has(code)) ?? false

const isChanged = (study: Study): boolean => study.reviews.some((review) => review.action === 'change')

function whatNext(page: PageContext, model: StudyModel, verdict: Triage | undefined): string {
  const { study } = model
  const { t } = page.words
  if (verdict?.code === REJECTED.code) return t('next.rejected')
  if (verdict && isChanged(study)) return adviceText(page.words, verdict.text, verdict.code)
  if (study.state === 'needs-input') return t('next.question-here')
  if (study.state === 'failed') return t('next.failed-here')
  const gradable = study.reading?.quality.gradable
  if (gradable === false && isNotToBeTakenAgain(study)) return t('next.not-readable')
  if (gradable === false) return t(model.failedTries >= ENOUGH_TRIES ? 'next.refer-ungradable' : 'next.retake')
  return nextStepText(page.words, { state: study.state, triageLevel: verdict?.level ?? 'none', triageText: verdict?.text, triageCode: verdict?.code, gradable })
}

/** Advice to refer is said before anything is asked. */
const REFERRING: readonly Mark['tone'][] = ['immediate', 'urgent', 'soon']

const isRaised = (study: Study, verdict: Triage | undefined): boolean =>
  verdict !== undefined && (study.programmeAnswers?.escalations.includes(verdict) ?? false)

/** The advice that the answers gave, and beside it what the image alone said: neither hides the other. */
function raisedAdvice(page: PageContext, model: StudyModel, verdict: Triage): Html {
  const { study } = model
  const own = imageVerdictOf(study)
  const waits = isAgeUnknown(study) && own === study.triage
  const image = markOf({ state: study.state, triageLevel: own?.level ?? 'none', gradable: study.reading?.quality.gradable, ...(waits ? { awaitsAge: true } : {}) })
  return html`<p class="what-next"><bdi>${adviceText(page.words, verdict.text, verdict.code)}</bdi></p><p>${page.words.t('programme.because')} <a href="#programme">${page.words.t('programme.answers')}</a></p>
<p class="image-alone"><strong>${page.words.t('programme.image-alone')}</strong> ${badge(page.words, image)} ${waits ? page.words.t('question.how-old') : whatNext(page, model, own)}</p>`
}

const markInForce = (study: Study, verdict: Triage | undefined): Mark =>
  (verdict && (isChanged(study) || isRaised(study, verdict)) ? markOfLevel(verdict.level) : markOf({ state: study.state, triageLevel: verdict?.level ?? 'none', gradable: study.reading?.quality.gradable, ...(awaitsAge(study) ? { awaitsAge: true } : {}) }))

/** What both eyes of the person ask for, where that is what counts. */
export const eyesInForce = ({ study, eyes }: StudyModel): EyesVerdict | undefined => eyesOver(study, eyes)

/** What both eyes ask for, and beside it what this one alone says: "come back in a year" must not send home somebody whose other eye is not seen. */
function bothEyes(page: PageContext, model: StudyModel, eyes: EyesVerdict): Html {
  const { study, patient } = model
  const { t } = page.words
  const verdict = verdictOf(study)
  const own = markInForce(study, verdict)
  const alone = own.tone === 'routine' && eyes.verdict !== 'not-referable' ? html`${badge(page.words, EYE_CLEAR)} <bdi>${isChanged(study) ? verdict?.text ?? '' : ''}</bdi>` : html`${badge(page.words, own)} <bdi>${whatNext(page, model, verdict)}</bdi>`
  const isSideAsked = study.questions.some(({ code }) => code === 'laterality-conflict')
  const take = patient && !model.isOldRound && !isSideAsked ? takeEyes(page, patient.id, eyes) : undefined
  return html`<p class="what-next"><bdi>${eyesText(page.words, eyes)}</bdi></p>${take}
<p class="image-alone"><strong>${t('eyes.this-one')}</strong> ${alone}</p>${patient ? html`<p><a href="/patients/${patient.id}">${icon('eye')} ${t('eyes.see')}</a></p>` : undefined}`
}

function advice(page: PageContext, model: StudyModel, verdict: Triage | undefined): Html {
  const eyes = eyesInForce(model)
  if (eyes) return bothEyes(page, model, eyes)
  return verdict && isRaised(model.study, verdict) ? raisedAdvice(page, model, verdict) : html`<p class="what-next"><bdi>${whatNext(page, model, verdict)}</bdi></p>`
}

/** Whose image this is, in sight of the verdict: a result given to the wrong person is the worst result. */
function whose(page: PageContext, model: StudyModel): Html {
  const { patient } = model
  const text = patient ? html`<strong><bdi>${patient.name}</bdi></strong> <small><bdi>${shortFacts(page.words, patient, page.now)}</bdi></small>` : html`<strong class="nobody">${page.words.t('row.whose')}</strong>`
  return html`<a class="whose" href="#patient">${icon('person')} <span>${text}</span></a>`
}

/** The question first where the advice hangs on its answer; where it waits for an age, the question alone. */
function adviceAndQuestions(page: PageContext, model: StudyModel, mark: Mark): Html {
  const asked = verdictQuestions(page, model)
  if (asked && awaitsAge(model.study)) return asked
  const said = advice(page, model, verdictOf(model.study))
  return REFERRING.includes(mark.tone) ? html`${said}${asked}` : html`${asked}${said}`
}

/** Urgency in colour, icon and word, and one sentence that says what to do next. */
export function verdictPart(page: PageContext, model: StudyModel): Html {
  const { study } = model
  const verdict = verdictOf(study)
  const eyes = eyesInForce(model)
  const mark = eyes ? eyesMark(eyes) : markInForce(study, verdict)
  return html`<section class="card verdict ${mark.tone}" id="verdict" aria-live="polite"><h2 class="sr">${page.words.t('study.verdict')}</h2><div class="verdict-head">${badge(page.words, mark)}${whose(page, model)}</div>
${adviceAndQuestions(page, model, mark)}${otherQuestions(study).length > 0 ? html`<p><a class="button" href="#questions">${page.words.t('question.go')}</a></p>` : undefined}${failure(page, study)}${reviewedBy(page, study)}${readersPart(page, model)}
<p class="disclaimer">${page.words.t('disclaimer')}</p></section>`
}
