import type { Problem } from '../../domain/problem.js'
import type { MessageKey } from '../../i18n/catalogues.js'
import type { Words } from '../../i18n/words.js'
import { problemText } from './describe.js'
import type { Html } from './html.js'
import { html } from './html.js'

type Groups = Readonly<Partial<Record<MessageKey, readonly string[]>>>

/** What keeps a result here, as far as it makes a difference to the people of a clinic. */
const SENDING: Groups = {
  'why.line-down': ['unreachable', 'link-broke', 'timeout', 'released', 'stopped', 'probe-failed', 'echo-failed', 'heartbeat-refused'],
  'why.busy': ['destination-busy'],
  'why.refused': ['refused', 'not-accepted', 'answer-unclear', 'not-a-bundle', 'other-content', 'uid-of-another', 'not-this-object', 'hash-mismatch', 'bad-announcement'],
  'why.sign-in': ['not-authorised', 'secret-unreadable', 'own-certificate-refused', 'certificate-unreadable'],
  'why.certificate': ['certificate-not-trusted', 'certificate-of-another', 'certificate-out-of-date', 'tls-failed'],
  'why.address': ['wrong-address', 'no-folder', 'answer-too-large', 'priors-unsupported', 'reports-unsupported', 'find-unsupported'],
  'why.unconfirmed': ['not-committed', 'commitment-refused', 'commitment-unsupported', 'confirmation-unsupported', 'not-given-back', 'stored-with-warning'],
  'why.stick-missing': ['no-stick'], 'why.stick-full': ['stick-full'], 'why.stick-pulled': ['stick-pulled'], 'why.stick-read-only': ['stick-read-only'],
  'why.changed-after': ['identity-changed', 'needs-correction', 'rejection-not-made'], 'why.name-not-written': ['identity-not-written'],
  'why.name-inside': ['burned-in-unknown', 'not-deidentified'], 'why.not-made': ['not-made', 'no-uid'], 'why.record-damaged': ['patient-damaged']
}

const PACKS: Groups = {
  'why.pack-damaged': ['pack-hash-mismatch', 'pack-unreadable', 'pack-model-missing', 'pack-misplaced', 'pack-names-mismatch', 'pack-golden-missing', 'pack-finding-missing', 'pack-finding-without-logit', 'pack-heatmap-without-map', 'pack-operating-point-missing', 'bad-manifest'],
  'why.pack-check': ['pack-golden-failed', 'pack-golden-mismatch', 'pack-model-failed'],
  'why.pack-threshold': ['pack-operating-points-stale', 'site-threshold-damaged', 'threshold-not-recalibrated', 'unknown-operating-point'],
  'why.slower': ['engine-not-serving', 'engine-refused', 'engine-failed', 'engine-not-opened', 'engine-timeout', 'engine-memory'],
  'why.damage': ['fault-document-unreadable', 'fault-document-previous', 'fault-object-damaged', 'fault-object-missing', 'fault-pictures-missing', 'fault-house']
}

/** What a form of the machine's own page was refused for; the sentences name options and limits, as the documents do. */
const SETTINGS: Groups = {
  'why.setting': ['bad-option', 'bad-options', 'bad-settings', 'bad-site-file', 'bad-port', 'twice', 'unknown-kind', 'unknown-device', 'not-nameless', 'archives-differ', 'no-archive']
}

const keyOf = (groups: Groups, code: string): MessageKey | undefined => (Object.keys(groups) as MessageKey[]).find((key) => groups[key]?.includes(code))

/** The group's sentence in the language of the page, and the technician's own below it; in English the technician's alone, which says more. */
function grouped(words: Words, problem: Problem, groups: Groups): Html {
  const key = keyOf(groups, problem.code)
  if (key === undefined || words.locale === 'en') return html`<bdi>${problemText(words, problem)}</bdi>`
  return html`<bdi>${words.t(key)}</bdi><br><small lang="en" dir="ltr">${problem.message}</small>`
}

/** Why something has not reached its destination. */
export const sendingProblem = (words: Words, problem: Problem): Html => grouped(words, problem, SENDING)

/** What is wrong with a model pack or with the data. */
export const houseProblem = (words: Words, problem: Problem): Html => grouped(words, problem, PACKS)

/** Why a setting was not taken. */
export const settingProblem = (words: Words, problem: Problem): Html => grouped(words, problem, SETTINGS)
