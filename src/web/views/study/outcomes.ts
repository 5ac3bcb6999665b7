import { outcomesInForce } from '../../../domain/study-additions.js'
import type { Outcome } from '../../../domain/study.js'
import type { Programme } from '../../../programmes/programme.js'
import { programmeFor } from '../../../programmes/programmes.js'
import { field, personDraft, personField, postForm } from '../form.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import { icon } from '../icon.js'
import type { PageContext } from '../page.js'
import { can, runs } from '../page.js'
import type { StudyModel } from './model.js'

/** Kind and value of a result in one choice, `kind/value`. */
function resultField(page: PageContext, { outcomes }: Programme): Html {
  const { t, coded } = page.words
  return html`<div class="field"><label for="f-result">${t('outcome.kind')}</label><select id="f-result" name="result" required><option value=""></option>${outcomes.map(({ name, options }) =>
    html`<optgroup label="${coded(`outcome.${name}`, name)}">${options.map((value) => html`<option value="${name}/${value}">${coded(`outcome.${name}`, name)}: ${coded(`result.${value}`, value)}</option>`)}</optgroup>`)}</select></div>`
}

function line(page: PageContext, outcome: Outcome, inForce: boolean): Html {
  const { t, coded, date } = page.words
  const said = html`<strong>${coded(`outcome.${outcome.kind}`, outcome.kind)}:</strong> ${coded(`result.${outcome.value}`, outcome.value)}`
  return html`<li>${inForce ? said : html`<s>${said}</s> <small>(${t('outcome.replaced')})</small>`}${outcome.note ? html`<br><q><bdi>${outcome.note}</bdi></q>` : undefined}<br><small>${t('outcome.line', { day: date(outcome.onDate), by: outcome.by })}</small></li>`
}

function form(page: PageContext, model: StudyModel, programme: Programme): Html {
  const { t } = page.words
  const body = html`${personField(model.study.patientId)}${resultField(page, programme)}${field({ name: 'onDate', label: t('outcome.date'), type: 'date', value: page.now.slice(0, 10), required: true })}
${field({ name: 'note', label: t('outcome.note'), maxLength: 500 })}<button>${icon('good')} ${t('outcome.save')}</button>`
  return html`<details class="minor"><summary>${t('outcome.enter')}</summary>${postForm(page, `/studies/${model.study.id}/outcome`, body, personDraft('outcome', model.study))}</details>`
}

/** What came back later: sputum results, the eye doctor's grade. Everything that was entered stays to be seen. */
export function outcomesPart(page: PageContext, model: StudyModel): Html | undefined {
  const { study } = model
  const programme = programmeFor(study.modality ?? study.reading?.modality)
  const entered = study.outcomes ?? []
  if (!programme || (!(can(page, 'capture') && runs(page, programme.id)) && entered.length === 0) || study.state === 'received' || study.state === 'analysing') return undefined
  const { t } = page.words
  const inForce = outcomesInForce(study)
  return html`<section class="card" id="outcomes"><h2>${t('outcome.title')}</h2><p class="hint">${t('outcome.hint')}</p>
${entered.length > 0 ? html`<ul class="plain">${entered.toReversed().map((outcome) => line(page, outcome, inForce.includes(outcome)))}</ul>` : undefined}${can(page, 'capture') ? form(page, model, programme) : undefined}</section>`
}
