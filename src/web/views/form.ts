import type { Html, Piece } from './html.js'
import { attribute, html } from './html.js'
import type { PageContext } from './page.js'

export type FieldOptions = {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'search' | 'password' | 'number' | 'date' | 'tel' | 'file'
  readonly value?: string
  readonly hint?: string
  /** What is wrong with the value: said beside the field and to screen readers. */
  readonly error?: string
  readonly required?: boolean
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly step?: number
  readonly inputMode?: 'numeric' | 'decimal' | 'tel' | 'text'
  readonly autocomplete?: string
}

const described = (options: FieldOptions): string | undefined =>
  [options.hint && `${options.name}-hint`, options.error && `${options.name}-error`].filter(Boolean).join(' ') || undefined

/** One labelled input with its hint and its error. */
export function field(options: FieldOptions): Html {
  const { name, hint, error } = options
  const attributes = [
    attribute('value', options.value), attribute('required', options.required), attribute('maxlength', options.maxLength),
    attribute('min', options.minimum), attribute('max', options.maximum), attribute('step', options.step), attribute('inputmode', options.inputMode),
    attribute('autocomplete', options.autocomplete ?? 'off'), attribute('aria-describedby', described(options)), attribute('aria-invalid', error ? 'true' : undefined)
  ]
  return html`<div class="field"><label for="f-${name}">${options.label}</label>
${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : undefined}${error ? html`<p class="error" id="${name}-error">${error}</p>` : undefined}
<input id="f-${name}" name="${name}" type="${options.type ?? 'text'}"${attributes}></div>`
}

export type Choice = { readonly value: string; readonly label: Piece; readonly checked?: boolean }

/** Radio buttons as large tiles: one of a few, seen at once. */
export function choices(name: string, legend: string, options: readonly Choice[], required = false): Html {
  return html`<fieldset class="choices"><legend>${legend}</legend>${options.map((option) =>
    html`<label><input type="radio" name="${name}" value="${option.value}"${attribute('checked', option.checked)}${attribute('required', required)}><span>${option.label}</span></label>`)}</fieldset>`
}

/** One of many in a list that opens. */
export function selection(name: string, label: string, options: readonly Choice[]): Html {
  return html`<div class="field"><label for="f-${name}">${label}</label><select id="f-${name}" name="${name}">${options.map((option) =>
    html`<option value="${option.value}"${attribute('selected', option.checked)}>${option.label}</option>`)}</select></div>`
}

/** A form that posts, with the token that every form repeats; works without JavaScript. */
export function postForm(page: PageContext, action: string, body: Html, extra?: Html): Html {
  return html`<form method="post" action="${action}"${extra}><input type="hidden" name="_csrf" value="${page.csrf}">${body}</form>`
}

/** Puts the study's revision beside the answer, so that a change made meanwhile is told and not overwritten. */
export const revisionField = (revision: number): Html => html`<input type="hidden" name="revision" value="${revision}">`

/** The name of the field that says of whom something is written. */
export const PERSON = 'of'

/** Of whom it is written: an image may be somebody else's before it is saved. Empty while it is nobody's: then it is said of whom the image is given to. */
export const personField = (patientId: string | undefined): Html => html`<input type="hidden" name="${PERSON}" value="${patientId ?? ''}">`

/** What is typed is kept (drafts.js) for the person that it is typed of; what was typed while the image was nobody's, for whom it is given to. */
export const personDraft = (form: string, { id, patientId }: { readonly id: string; readonly patientId?: string | undefined }): Html =>
  html`${attribute('data-draft', patientId ? `${form}-${id}-${patientId}` : `${form}-${id}`)}${attribute('data-draft-before', patientId && `${form}-${id}`)}`
