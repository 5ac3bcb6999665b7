import type { Html } from './html.js'
import { html } from './html.js'

/** Ids of the symbols in `web-static/icons.svg`; `test/web/views/icon.test.ts` compares the two. */
export const ICONS = [
  'immediate', 'urgent', 'soon', 'routine', 'none', 'question', 'pending', 'failed', 'list', 'camera', 'people', 'person', 'system',
  'more', 'out', 'key', 'search', 'add', 'back', 'next', 'eye', 'chest', 'probe', 'image', 'zoom-in', 'zoom-out', 'fit', 'contrast',
  'invert', 'rotate', 'heat', 'play', 'pause', 'print', 'retry', 'lock', 'good', 'bad', 'offline', 'disk', 'device', 'box',
  'measure', 'previous', 'region', 'guide-fundus', 'guide-cxr', 'guide-ultrasound'
] as const

export type IconName = (typeof ICONS)[number]

/** A picture beside a word; it says nothing that the word does not, so screen readers skip it. */
export function icon(name: IconName, extra = ''): Html {
  return html`<svg class="i ${extra}" aria-hidden="true" focusable="false"><use href="/static/icons.svg#${name}"></use></svg>`
}
