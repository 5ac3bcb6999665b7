import type { Study } from '../domain/study.js'
import { verdictOf } from '../domain/study.js'
import type { Words } from '../i18n/words.js'
import type { EyesVerdict } from '../programmes/eyes.js'
import { eyesOver } from '../programmes/eyes.js'
import type { Headline } from '../report/headline.js'
import { summarise } from '../store/summary.js'
import { markOf } from '../web/views/badge.js'
import { adviceText } from '../web/views/describe.js'
import { EYE_CLEAR, eyesMark, eyesText } from '../web/views/eyes.js'
import { isNotToBeTakenAgain } from '../web/views/study/verdict.js'

/** What the paper says at its head where that is not the verdict of this image: what both eyes ask for, as on the screen, or how to go on without a verdict. */
export function headlineFor(words: Words, study: Study, { eyes, isLetter }: { eyes: EyesVerdict | undefined; isLetter: boolean }): Headline | undefined {
  const over = eyesOver(study, eyes)
  if (over) return { level: over.level, word: words.t(eyesMark(over).label), text: eyesText(words, over), alone: aloneText(words, study) }
  if (verdictOf(study)?.code !== 'ungradable') return undefined
  const next = isLetter ? 'next.refer-ungradable' : isNotToBeTakenAgain(study) ? 'next.not-readable' : 'next.retake'
  return { level: 'none', word: words.t('mark.ungradable'), text: words.t(next) }
}

/** What this eye says by itself; of a clear one nothing that is an answer for a person, but what a clinician wrote. */
function aloneText(words: Words, study: Study): string {
  const verdict = verdictOf(study)
  const mark = markOf(summarise(study))
  const isSaid = verdict && (mark.tone === 'routine' ? verdict.code === undefined : verdict.level !== 'none')
  const said = [words.t(mark.tone === 'routine' ? EYE_CLEAR.label : mark.label), ...(isSaid ? [adviceText(words, verdict.text, verdict.code)] : [])]
  return `${words.t('eyes.this-one')} ${said.join('. ')}`
}
