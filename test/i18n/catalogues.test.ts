import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fallbackLanguage, languages } from '../../src/i18n/catalogues.js'
import { placesOf } from '../../src/i18n/message.js'

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => join(entry.parentPath, entry.name))
const code = [...sources('src/web')].map((file) => readFileSync(file, 'utf8')).join('\n')
const keys = Object.keys(fallbackLanguage.catalogue)

/** Keys made from a code: `level.${level}`. */
const prefixes = [...code.matchAll(/[`']([a-z][\w.-]*\.)\$\{/g)].map((match) => match[1] ?? '')

describe('the catalogues', () => {
  it.each(languages.map((language) => [language.locale, language] as const))('%s has every key, with the same places', (_locale, language) => {
    expect(Object.keys(language.catalogue).sort()).toEqual([...keys].sort())
    for (const [key, message] of Object.entries(language.catalogue)) {
      expect([key, placesOf(message)]).toEqual([key, placesOf(fallbackLanguage.catalogue[key as keyof typeof fallbackLanguage.catalogue])])
    }
  })

  it('hold no text that nobody shows', () => {
    const unused = keys.filter((key) => !code.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)))
    expect(unused).toEqual([])
  })

  it('hold no empty text', () => {
    for (const message of Object.values(fallbackLanguage.catalogue)) expect(typeof message === 'string' ? message : message.other).toMatch(/\S/)
  })
})
