import type { Triage } from '../../../domain/finding.js'
import type { ProgrammeAnswers } from '../../../domain/programme-answers.js'
import type { Study } from '../../../domain/study.js'
import type { Programme, ProgrammeField } from '../../../programmes/programme.js'
import { programmeFor } from '../../../programmes/programmes.js'
import type { Words } from '../../../i18n/words.js'
import { badge, markOfLevel } from '../badge.js'
import { adviceText } from '../describe.js'
import { choices, field, personDraft, postForm, revisionField, selection } from '../form.js'
import type { Html } from '../html.js'
import { attribute, html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can, runs } from '../page.js'
import type { StudyModel } from './model.js'

/** Names of the form's inputs begin so, apart from the other forms of the page. */
export const ANSWER_PREFIX = 'answer-'

const labelOf = (words: Words, programme: Programme, name: string): string => words.coded(`field.${programme.id}.${name}`, name)
const optionLabel = (words: Words, option: string): string => words.coded(`option.${option}`, option)

type Shown = { readonly programme: Programme; readonly values: Readonly<Record<string, string | number>>; readonly wrong: readonly string[] }

function numberField(page: PageContext, shown: Shown, each: Extract<ProgrammeField, { kind: 'number' }>): Html {
  const { words } = page
  const limits = { minimum: words.number(each.minimum), maximum: words.number(each.maximum) }
  return field({
    name: ANSWER_PREFIX + each.name, label: `${labelOf(words, shown.programme, each.name)}${each.unit ? ` (${each.unit})` : ''}`, type: 'number', inputMode: each.step < 1 ? 'decimal' : 'numeric',
    minimum: each.minimum, maximum: each.maximum, step: each.step, value: shown.values[each.name]?.toString(),
    error: shown.wrong.includes(each.name) ? words.t('programme.out-of-range', limits) : undefined
  })
}

function answerField(page: PageContext, shown: Shown, each: ProgrammeField): Html {
  if (each.kind === 'number') return numberField(page, shown, each)
  const { words } = page
  const options = each.options.map((value) => ({ value, label: optionLabel(words, value), checked: shown.values[each.name] === value }))
  const label = labelOf(words, shown.programme, each.name)
  return each.kind === 'choice' ? choices(ANSWER_PREFIX + each.name, label, options) : selection(ANSWER_PREFIX + each.name, label, [{ value: '', label: words.t('programme.not-asked') }, ...options])
}

/** Of this person; what another one answered is not shown. */
const answersOf = ({ programmeAnswers }: Study): ProgrammeAnswers | undefined => (programmeAnswers?.ofAnother ? undefined : programmeAnswers)

function given(page: PageContext, model: StudyModel, programme: Programme): Html | undefined {
  const { words } = page
  const filled = answersOf(model.study)
  if (!filled) return model.study.programmeAnswers && html`<p class="error">${words.t('programme.for-another')}</p>`
  const rows = programme.fields.filter(({ name }) => filled.answers[name] !== undefined).map((each) => {
    const value = filled.answers[each.name]
    const said = typeof value === 'number' ? words.number(value, Number.isInteger(value) ? 0 : 1) : optionLabel(words, value ?? '')
    return html`<dt>${labelOf(words, programme, each.name)}</dt><dd><bdi>${said}${each.kind === 'number' && each.unit ? ` ${each.unit}` : ''}</bdi></dd>`
  })
  return html`<dl class="print">${rows}</dl><p class="hint">${words.t('programme.by', { by: filled.by, day: words.date(filled.at), time: words.time(filled.at) })}</p>`
}

/** Why the advice is more than the image alone asks for: one line a rule, with its urgency. */
function escalationLines(page: PageContext, escalations: readonly Triage[]): Html | undefined {
  if (escalations.length === 0) return undefined
  return html`<ul class="plain">${escalations.map((advice) => html`<li>${badge(page.words, markOfLevel(advice.level))} ${adviceText(page.words, advice.text, advice.code)}</li>`)}</ul>`
}

function form(page: PageContext, model: StudyModel, programme: Programme): Html {
  const { t } = page.words
  const { study, programmeDraft: draft } = model
  const shown: Shown = { programme, values: draft?.values ?? answersOf(study)?.answers ?? {}, wrong: draft?.wrong ?? [] }
  const body = html`${revisionField(study.revision)}${programme.fields.map((each) => answerField(page, shown, each))}<button>${icon('good')} ${t('programme.save')}</button>`
  const open = attribute('open', !answersOf(study) || draft !== undefined)
  return html`<details class="minor"${open}><summary>${t(answersOf(study) ? 'programme.edit' : 'programme.ask')}</summary>${postForm(page, `/studies/${study.id}/programme`, body, personDraft('programme', study))}</details>`
}

/** The questions of the programme that this image belongs to, and what the answers ask for. */
export function programmePart(page: PageContext, model: StudyModel): Html | undefined {
  const { study } = model
  const programme = programmeFor(study.modality ?? study.reading?.modality)
  if (!programme || (!study.programmeAnswers && !(can(page, 'capture') && runs(page, programme.id)))) return undefined
  const { coded, t } = page.words
  return html`<section class="card" id="programme"><h2>${coded(`programme.${programme.id}`, programme.id)}</h2><p class="hint">${t('programme.hint')}</p>
${escalationLines(page, study.programmeAnswers?.escalations ?? [])}${given(page, model, programme)}${can(page, 'capture') ? form(page, model, programme) : undefined}</section>`
}
