import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MessageKey } from '../../src/i18n/catalogues.js'
import { fallbackLanguage, languages } from '../../src/i18n/catalogues.js'
import type { Message } from '../../src/i18n/message.js'
import { programmes } from '../../src/programmes/programmes.js'
import { TRIAGE_TABLE, UNDER_AGE, UNGRADABLE } from '../../src/triage/table.js'

/** Words that are the same in some language as in English. */
const ALIKE = ['DICOMweb', 'DICOM', 'PIN', 'Urgent', 'Image', 'Images', 'images', 'Patient', 'Patients', 'Village', 'Ultrasound', 'Screenpost  at', 'Version', 'Verdict', 'Positive', 'No', 'Routine', 'HbA1c', 'pixels', 'Questions', 'Normal', 'Accepter', 'Test', 'urgent']

/** What only a program, or the site file, can get wrong. */
const FOR_PROGRAMS = ['bad-input', 'bad-query', 'bad-json', 'bad-token', 'not-multipart', 'bad-option', 'bad-time']

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => join(entry.parentPath, entry.name))
const code = [...sources('src/web'), ...sources('src/compose')].map((file) => readFileSync(file, 'utf8')).join('\n')
const keys = Object.keys(fallbackLanguage.catalogue)

/** Names of the places in a message, sorted: what a translation must repeat. */
function placesOf(message: Message): string[] {
  const texts = typeof message === 'string' ? [message] : Object.values(message)
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)))].sort()
}

/** Keys made from a code: `level.${level}`. */
const prefixes = [...code.matchAll(/[`']([a-z][\w.-]*[.-])\$\{/g)].map((match) => match[1] ?? '')

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

  it.each(languages.filter((language) => language !== fallbackLanguage).map((language) => [language.locale, language] as const))('%s leaves nothing in English', (_locale, { catalogue }) => {
    const letters = (message: Message): string => (typeof message === 'string' ? message : message.other).replace(/\{\w+\}/g, '').trim()
    const same = keys.map((key) => key as MessageKey).filter((key) => letters(catalogue[key]) === letters(fallbackLanguage.catalogue[key]) && /[a-z]{3}/i.test(letters(catalogue[key])))
    expect(same.filter((key) => !ALIKE.includes(letters(catalogue[key])))).toEqual([])
  })

  it.each(languages.map((language) => [language.locale, language] as const))('%s has a form for every number that it counts differently', (_locale, { catalogue, format }) => {
    const needed = new Intl.PluralRules(format).resolvedOptions().pluralCategories.filter((form) => form !== 'other' && form !== 'many')
    const counted = Object.entries(catalogue).filter(([, message]) => typeof message !== 'string')
    for (const [key, message] of counted) expect([key, needed.filter((form) => !Object.hasOwn(message as object, form))]).toEqual([key, []])
  })

  it('have every advice and every question by its code, in English as the data says it', () => {
    const { catalogue } = fallbackLanguage
    for (const { code, text } of [...TRIAGE_TABLE, UNDER_AGE, UNGRADABLE, ...programmes.flatMap(({ rules }) => rules)]) expect([code, catalogue[`triage.${code}` as MessageKey]]).toEqual([code, text])
    for (const programme of programmes) {
      for (const field of programme.fields) {
        expect(keys).toContain(`field.${programme.id}.${field.name}`)
        for (const option of field.kind === 'number' ? [] : field.options.filter((each) => /[a-z]/.test(each))) expect(keys).toContain(`option.${option}`)
      }
    }
  })

  it('have every reason that the quality gate gives', () => {
    const given = [...sources('src/ingest/quality'), ...sources('src/pipeline/reader')].flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/code: '([a-z-]+)',\s*text:/g)].map((match) => match[1] ?? ''))
    expect(given.length).toBeGreaterThan(8)
    expect([...new Set(given)].filter((code) => !keys.includes(`quality.${code}`))).toEqual([])
  })

  it('have every refusal that a person at a page may read', () => {
    const rooms = ['access', 'devices', 'domain', 'ingest', 'patients', 'programmes', 'web'].map((room) => `src/${room}`)
    const refused = rooms.flatMap(sources).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\b(?:problem|badRequest)\(\s*'([a-z0-9-]+)'/g)].map((match) => match[1] ?? ''))
    expect(refused.length).toBeGreaterThan(100)
    expect([...new Set(refused)].filter((each) => !keys.includes(`problem.${each}`) && !FOR_PROGRAMS.includes(each))).toEqual([])
  })

  it('hold no empty text', () => {
    for (const message of Object.values(fallbackLanguage.catalogue)) expect(typeof message === 'string' ? message : message.other).toMatch(/\S/)
  })
})
