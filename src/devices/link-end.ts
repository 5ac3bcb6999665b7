import type { CloseReason } from './device-kind.js'

/** The `closed` promise of a link and what settles it; only the first reason counts. */
export function linkEnd(): { readonly closed: Promise<CloseReason>; readonly end: (reason: CloseReason) => void } {
  let end: (reason: CloseReason) => void = () => undefined
  const closed = new Promise<CloseReason>((resolve) => { end = resolve })
  return { closed, end }
}
