import type { StudySummary } from '../../domain/study.js'
import type { TriageLevel } from '../../domain/finding.js'
import type { MessageKey } from '../../i18n/catalogues.js'
import type { Words } from '../../i18n/words.js'
import type { Html } from './html.js'
import { html } from './html.js'
import type { IconName } from './icon.js'
import { icon } from './icon.js'

/** How a study's urgency is shown: always colour, icon and word together. */
export type Mark = { readonly tone: IconName & ('immediate' | 'urgent' | 'soon' | 'routine' | 'none' | 'question' | 'pending' | 'failed'); readonly label: MessageKey }

type Marked = Pick<StudySummary, 'state' | 'triageLevel' | 'gradable' | 'awaitsAge'>

export function markOf(study: Marked): Mark {
  if (study.state === 'received' || study.state === 'analysing') return { tone: 'pending', label: 'mark.pending' }
  if (study.state === 'needs-input' || study.awaitsAge) return { tone: 'question', label: 'mark.question' }
  if (study.state === 'failed') return { tone: 'failed', label: 'mark.failed' }
  if (study.triageLevel === 'none') return { tone: 'none', label: study.gradable === false ? 'mark.ungradable' : 'level.none' }
  return markOfLevel(study.triageLevel)
}

export const markOfLevel = (level: TriageLevel): Mark => ({ tone: level, label: `level.${level}` })

export function badge(words: Words, mark: Mark): Html {
  return html`<span class="badge ${mark.tone}">${icon(mark.tone)}<span>${words.t(mark.label)}</span></span>`
}
