import type { Finding } from '../domain/finding.js'
import { isMessageKey } from '../i18n/catalogues.js'
import type { MessageKey } from '../i18n/catalogues.js'
import type { Words } from '../i18n/words.js'
import type { ReportLabels, ReportSay } from '../report/labels.js'

/** The report's words in the language of who prints it. */
export function reportLabels({ t }: Words): ReportLabels {
  return {
    title: t('report.title'), patient: t('patient.title'), noPatient: t('report.no-patient'), asSent: t('report.as-sent'),
    identifier: t('form.identifier'), sex: t('form.sex'), born: t('report.born'), age: t('report.age'), ageOn: t('report.age-on'), village: t('form.village'), unknown: t('report.not-stated'),
    study: t('report.study'), received: t('print.received'), timeUncertain: t('print.time-uncertain'), taken: t('report.taken'), device: t('print.from'), kind: t('print.image'),
    left: t('eye.L'), right: t('eye.R'), image: t('report.image'), heatmap: t('report.heatmap'), noImage: t('report.no-image'),
    findings: t('study.findings'), score: t('report.score'), threshold: t('report.threshold'), outcome: t('report.outcome'), positive: t('finding.positive'), negative: t('finding.negative'),
    noFindings: t('report.no-findings'), operatingPoint: t('report.operating-point'), quality: t('report.quality'), gradable: t('quality.good'), ungradable: t('quality.ungradable'),
    limits: t('report.limits'), reviews: t('report.reviews'), noReviews: t('report.no-reviews'), model: t('print.pack'), modelSaid: t('report.model-said'), noModel: t('report.no-model'),
    signature: t('report.signature'), date: t('report.date'), generated: t('report.printed'), notCertified: t('disclaimer'), oneEye: t('report.one-eye'), oneEyeWord: t('report.one-eye-word'), eyeAlone: t('eyes.this-one'), eyeClear: t('mark.eye-clear'), ageUnknown: t('question.text.age-unknown'),
    levels: { immediate: t('level.immediate'), urgent: t('level.urgent'), soon: t('level.soon'), routine: t('level.routine'), none: t('level.none') },
    modalities: { fundus: t('modality.fundus'), cxr: t('modality.cxr'), ultrasound: t('modality.ultrasound') },
    actions: { accept: t('report.accepted'), change: t('report.changed'), reject: t('report.rejected') }
  }
}

/** What codes are called in that language; a person's own words stay as they wrote them. */
export function reportSay({ t, coded, translated }: Words): ReportSay {
  return {
    advice: ({ text, code }) => (code === undefined ? text : translated(`triage.${code}`, text)),
    finding: ({ code, name }) => coded(`finding.${code}`, name),
    reason: ({ code, text, retake }) => [translated(`quality.${code}`, text), retake ? translated(`retake.${code}`, retake) : ''].filter(Boolean).join(' '),
    point: (name) => coded(`point.${name}`, name), problem: ({ code, message }) => translated(`problem.${code}`, message), sex: (sex) => t(`sex.long.${sex}`)
  }
}

const MOST_LIMITS = 3

/** What the findings leave open, in the language; a finding of an unknown code adds nothing. */
export function limitSentences({ t }: Words, findings: readonly Pick<Finding, 'code'>[]): string[] {
  const keys = findings.flatMap(({ code }) => Array.from({ length: MOST_LIMITS }, (_, index) => `limit.${code}.${index + 1}`)).filter((key): key is MessageKey => isMessageKey(key))
  return [...new Set(keys)].map((key) => t(key)).concat(t('limit.general'))
}
