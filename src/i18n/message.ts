/** A sentence with `{name}` places, or one for each plural class of the language (`Intl.PluralRules` over the argument `count`). */
export type Message = string | { readonly other: string; readonly zero?: string; readonly one?: string; readonly two?: string; readonly few?: string; readonly many?: string }

/** Values for the places of a message. Numbers are written the way the language writes them. */
export type MessageArguments = Readonly<Record<string, string | number>>

const PLACE = /\{(\w+)\}/g

function chooseForm(message: Message, locale: string, count: number): string {
  if (typeof message === 'string') return message
  const form = new Intl.PluralRules(locale).select(count)
  return message[form] ?? message.other
}

/** Fills the places of `message`; a place without a value stays visible so that a test can see it. */
export function fillMessage(message: Message, locale: string, values: MessageArguments = {}): string {
  const text = chooseForm(message, locale, Number(values['count'] ?? 0))
  return text.replace(PLACE, (place, name: string) => {
    const value = values[name]
    if (value === undefined) return place
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value
  })
}
