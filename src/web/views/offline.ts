import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import { layout } from './layout.js'
import type { PageContext } from './page.js'

/** What the service worker shows instead of a page while there is no line; about nobody, so it may be kept. */
export function offlinePage(page: PageContext): Html {
  const { t } = page.words
  const body = html`<div class="narrow card"><p>${icon('offline')} ${t('connection.lost')}</p><p><a class="button" href="/">${t('error.to-list')}</a></p></div>`
  return layout(page, { title: t('error.title.503'), body, scripts: ['offline.js'] })
}
