import { ar } from './ar.js'
import { en } from './en.js'
import { fr } from './fr.js'
import { pt } from './pt.js'
import { es } from './es.js'
import { hi } from './hi.js'
import { sw } from './sw.js'
import type { Message } from './message.js'

/** Every text of the page has one of these keys. */
export type MessageKey = keyof typeof en

/** All messages of one language; `name` is how its speakers call it. */
export type Catalogue = Readonly<Record<MessageKey, Message>>

export type Direction = 'ltr' | 'rtl'

/** `locale` names the language in addresses and markup; `format` writes its numbers and dates (always with the digits 0 to 9, as on the devices). */
export type Language = { readonly locale: string; readonly format: string; readonly name: string; readonly direction: Direction; readonly catalogue: Catalogue }

const english: Language = { locale: 'en', format: 'en-GB', name: 'English', direction: 'ltr', catalogue: en }

/** The languages the page can speak, the fallback first. A new language is one file and one line here. */
export const languages: readonly Language[] = [
  english,
  { locale: 'fr', format: 'fr', name: 'Français', direction: 'ltr', catalogue: fr },
  { locale: 'sw', format: 'sw', name: 'Kiswahili', direction: 'ltr', catalogue: sw },
  { locale: 'hi', format: 'hi-u-nu-latn', name: 'हिन्दी', direction: 'ltr', catalogue: hi },
  { locale: 'es', format: 'es', name: 'Español', direction: 'ltr', catalogue: es },
  { locale: 'pt', format: 'pt-PT', name: 'Português', direction: 'ltr', catalogue: pt },
  { locale: 'ar', format: 'ar-u-nu-latn', name: 'العربية', direction: 'rtl', catalogue: ar }
]

export const fallbackLanguage = english

export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key)
}
