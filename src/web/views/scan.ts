import type { Html } from './html.js'
import { html } from './html.js'
import { icon } from './icon.js'
import type { PageContext } from './page.js'

/** A card's code read with the tablet's camera into the field `into`; scan.js offers it where the browser can do that. */
export function scanPart({ words: { t } }: PageContext, into: string): Html {
  return html`<div class="scan" data-into="${into}"><button type="button" class="quiet" data-act="scan" hidden>${icon('camera')} ${t('scan.start')}</button>
<div class="scan-view" hidden><video playsinline muted></video><p>${t('scan.hold')}</p><button type="button" class="quiet" data-act="stop">${t('scan.stop')}</button></div><p class="error" role="alert" data-no-camera="${t('scan.failed')}" data-no-reader="${t('scan.no-reader')}" hidden>${icon('bad')} <span></span></p></div>`
}
