import type { Html } from './html.js'
import { html } from './html.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

export type MessageModel = { readonly title: string; readonly text: string; readonly href: string; readonly action: string }

/** A page that says one thing and where to go from there: not found, not allowed, changed meanwhile. */
export function messagePage(page: PageContext, model: MessageModel): Html {
  return layout(page, { title: model.title, body: html`<div class="card"><p>${model.text}</p><p><a class="button" href="${model.href}">${model.action}</a></p></div>` })
}
