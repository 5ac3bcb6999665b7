import type { VideoSession, VideoView } from '../../../domain/video-session.js'
import type { Html } from '../html.js'
import { html } from '../html.js'

const place = (share: number, length: number): string => (share * length).toFixed(1)

/** Darkens, over a picture of this size, what is never stored. Lies on the picture as `object-fit: contain` does. */
function curtain(view: VideoView, { width, height }: Pick<VideoSession, 'width' | 'height'>): Html {
  const kept = view.keep.map(([x, y]) => `${place(x, width)},${place(y, height)}`).join('L')
  const boxes = view.mask.map(([left, top, wide, high]) => html`<rect x="${place(left, width)}" y="${place(top, height)}" width="${place(wide, width)}" height="${place(high, height)}"></rect>`)
  return html`<svg class="curtain" viewBox="0 0 ${width} ${height}" aria-hidden="true"><path fill-rule="evenodd" d="M0,0H${width}V${height}H0ZM${kept}Z"></path>${boxes}</svg>`
}

/** A picture of a video device, with what is cut off darkened. */
export function curtained(picture: Html, session: VideoSession | undefined): Html {
  return html`<div class="live-box">${picture}${session?.view ? curtain(session.view, session) : undefined}</div>`
}
