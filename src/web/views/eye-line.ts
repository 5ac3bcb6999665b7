import type { StudySummary } from '../../domain/study.js'
import type { Words } from '../../i18n/words.js'
import type { EyesVerdict } from '../../programmes/eyes.js'
import { eyePhotoOfLine, eyesOver, eyesVerdict } from '../../programmes/eyes.js'
import type { Mark } from './badge.js'
import { markOf } from './badge.js'
import { nextStepText } from './describe.js'
import { EYE_CLEAR, eyesMark, eyesText } from './eyes.js'

/** What a line of a list says of a study. `own` is what this eye alone says, where that is not what both say. */
export type LineSaid = { readonly mark: Mark; readonly next: string; readonly own?: string }

/** A photo whose person nobody looked up is one eye of two. */
function alone(line: StudySummary): EyesVerdict | undefined {
  const photo = eyePhotoOfLine(line)
  return photo && eyesVerdict([photo])
}

/** What a clinician wrote of a clear eye is never left out. */
const ownWords = ({ reviewed, triageCode, triageText, triageLevel }: StudySummary): string[] =>
  (reviewed && triageCode === undefined && triageLevel === 'routine' && triageText ? [triageText] : [])

/** How a line is marked and what comes next. A photo of an eye says what both eyes of the person say, as its own page does: nobody may read "routine" while an eye is not seen. */
export function saidOfLine(words: Words, line: StudySummary, eyes: EyesVerdict | undefined = alone(line)): LineSaid {
  const over = eyesOver(line, eyes)
  const own = markOf(line)
  if (!over) return { mark: own, next: nextStepText(words, line) }
  const mark = eyesMark(over)
  const verdict = words.t(own.tone === 'routine' ? EYE_CLEAR.label : own.label)
  const alone = [verdict, ...ownWords(line)].join('. ')
  return { mark, next: eyesText(words, over), ...(own.label === mark.label ? {} : { own: `${words.t('eyes.this-one')} ${alone}` }) }
}
