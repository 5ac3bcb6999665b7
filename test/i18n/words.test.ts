import { describe, expect, it } from 'vitest'
import { fillMessage } from '../../src/i18n/message.js'
import { pickLocale, t, wordsFor } from '../../src/i18n/words.js'

describe('messages', () => {
  it('fill their places and write numbers the way the language does', () => {
    expect(fillMessage('{name}: {count}', 'en', { name: 'Grace', count: 12345 })).toBe('Grace: 12,345')
    expect(fillMessage('{count}', 'fr', { count: 12345 })).toMatch(/^12.345$/)
  })

  it('choose the plural of the language', () => {
    const message = { one: '{count} image', other: '{count} images' }
    expect([1, 0, 2].map((count) => fillMessage(message, 'en', { count }))).toEqual(['1 image', '0 images', '2 images'])
    expect(fillMessage({ two: 'a pair', other: 'many' }, 'ar', { count: 2 })).toBe('a pair')
  })

  it('leave a place without a value visible', () => {
    expect(fillMessage('{a} {b}', 'en', { a: 'x' })).toBe('x {b}')
  })

  it('speak English where a language is unknown', () => {
    expect(t('xx', 'nav.back')).toBe('Back')
  })
})

describe('words', () => {
  const words = wordsFor('en', 'Africa/Nairobi')
  it('say times in the clinic’s own zone', () => {
    expect(words.time('2026-11-21T09:41:00.000Z')).toBe('12:41')
    expect(words.date('2026-11-21T22:41:00.000Z')).toBe('22 Nov 2026')
    expect(words.time('not a time')).toBe('not a time')
  })

  it('take the text of a code from the catalogue, else what the data says', () => {
    expect(words.coded('problem.empty-file', 'x')).toBe('The file is empty.')
    expect(words.coded('problem.something-new', 'Do this next.')).toBe('Do this next.')
    expect(words.coded('toString', 'own')).toBe('own')
  })

  it('are picked by what the browser asks for', () => {
    expect(pickLocale('xx-YY, en-GB;q=0.8')).toBe('en')
    expect(pickLocale(undefined)).toBe('en')
  })
})
