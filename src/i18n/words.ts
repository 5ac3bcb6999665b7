import { fallbackLanguage, isMessageKey, languages } from './catalogues.js'
import type { Direction, Language, MessageKey } from './catalogues.js'
import { fillMessage } from './message.js'
import type { MessageArguments } from './message.js'

/** A language ready to use by views: texts, dates and numbers. */
export type Words = {
  readonly locale: string
  readonly direction: Direction
  t(key: MessageKey, values?: MessageArguments): string
  /** Text of a code that arrives as data (`quality.blurred`); `fallback` is what the data itself says. */
  coded(key: string, fallback: string): string
  /** Text of a code whose data says it in English: that very text in English, its translation elsewhere. */
  translated(key: string, said: string): string
  /** Clock time, `14:05`. */
  time(iso: string): string
  /** Date in words, `21 Nov 2026`. */
  date(iso: string): string
  number(value: number, digits?: number): string
}

/** True when the page speaks it. */
export const isLocale = (text: string): boolean => languages.some(({ locale }) => locale === text)

const languageOf = (locale: string): Language => languages.find((language) => language.locale === locale) ?? fallbackLanguage

/** One text in one language; an unknown locale speaks English. */
export function t(locale: string, key: MessageKey, values?: MessageArguments): string {
  const language = languageOf(locale)
  return fillMessage(language.catalogue[key], language.format, values)
}

const format = (locale: string, iso: string, options: Intl.DateTimeFormatOptions): string => {
  const instant = new Date(iso)
  return Number.isNaN(instant.getTime()) ? iso : new Intl.DateTimeFormat(locale, options).format(instant)
}

/** `timeZone` is an IANA name; left out, the clinic computer's own zone. */
export function wordsFor(locale: string, timeZone?: string): Words {
  const language = languageOf(locale)
  return {
    locale: language.locale,
    direction: language.direction,
    t: (key, values) => t(language.locale, key, values),
    coded: (key, fallback) => (isMessageKey(key) ? t(language.locale, key) : fallback),
    translated: (key, said) => (isMessageKey(key) && (language === fallbackLanguage ? said === '' : true) ? t(language.locale, key) : said),
    time: (iso) => format(language.format, iso, { hour: '2-digit', minute: '2-digit', hour12: false, timeZone }),
    date: (iso) => format(language.format, iso, { day: 'numeric', month: 'short', year: 'numeric', timeZone }),
    number: (value, digits = 0) => new Intl.NumberFormat(language.format, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
  }
}

/** The first language of an Accept-Language header that the page speaks, else English. */
export function pickLocale(acceptLanguage: string | undefined): string {
  const wanted = (acceptLanguage ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '')
  const known = wanted.map((tag) => languages.find((language) => tag === language.locale || tag.startsWith(`${language.locale}-`)))
  return (known.find((language) => language !== undefined) ?? fallbackLanguage).locale
}
