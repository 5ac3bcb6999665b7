/** Markup that is safe to send: only `html` makes it, so every value in it has been escaped. */
export class Html {
  constructor(readonly markup: string) {}
  toString(): string {
    return this.markup
  }
}

/** What a template may hold. Nothing is written for undefined, null, false and the empty list. */
export type Piece = Html | string | number | undefined | null | false | readonly Piece[]

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' }

/** For text and for quoted attribute values alike. Control characters that HTML forbids are dropped. */
export function escapeHtml(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"'`]/g, (char) => ESCAPES[char] ?? char)
}

function render(piece: Piece): string {
  if (piece === undefined || piece === null || piece === false) return ''
  if (piece instanceof Html) return piece.markup
  if (Array.isArray(piece)) return piece.map((item: Piece) => render(item)).join('')
  return escapeHtml(String(piece))
}

/** Tagged template: `html\`<p>${text}</p>\`` escapes every value that is not Html already. Attribute values must be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  const markup = parts.reduce((whole, part, index) => whole + render(values[index - 1]) + part)
  return new Html(markup)
}

/** ` name="value"`, or nothing when the value is undefined or false; true writes the bare name. */
export function attribute(name: string, value: string | number | boolean | undefined): Html {
  if (value === undefined || value === false) return new Html('')
  return new Html(value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`)
}
