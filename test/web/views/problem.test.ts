import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { languages } from '../../../src/i18n/catalogues.js'
import { wordsFor } from '../../../src/i18n/words.js'
import { houseProblem, sendingProblem, settingProblem } from '../../../src/web/views/problem.js'

/** Every code that `problem('code', ...)` makes in these files. */
async function codesIn(folders: readonly string[], isIn: (path: string) => boolean = () => true): Promise<string[]> {
  const files = (await Promise.all(folders.map((folder) => readdir(folder, { recursive: true }).then((names) => names.map((name) => join(folder, name)))))).flat().filter((path) => path.endsWith('.ts') && isIn(path))
  const texts = await Promise.all(files.map((path) => readFile(path, 'utf8')))
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/problem\('([a-z0-9-]+)'/g)].map(([, code]) => code!)))].sort()
}

/** Never on these pages: `changed-meanwhile` marks what a newer revision replaces, `bad-site-file` keeps the appliance from starting, `get-nothing` is a picture that the centre has not. */
const UNSEEN = ['changed-meanwhile', 'bad-site-file', 'get-nothing']

describe('a problem that a nurse or technician meets on a page', () => {
  const english = (code: string) => ({ code, message: `English words of ${code}.` })

  it('of sending speaks every language, with the technician’s own sentence below', async () => {
    const codes = (await codesIn(['src/uplink', 'src/pipeline', 'src/dicom/upper-layer'], (path) => /uplink|outgoing|upper-layer/.test(path) && !/inbound/.test(path))).filter((code) => !UNSEEN.includes(code))
    expect(codes.length).toBeGreaterThan(30)
    for (const { locale } of languages.filter((one) => one.locale !== 'en')) {
      expect([locale, codes.filter((code) => sendingProblem(wordsFor(locale), english(code)).markup.startsWith('<bdi>English'))]).toEqual([locale, []])
    }
    expect(sendingProblem(wordsFor('fr'), english('stick-full')).markup).toBe('<bdi>La clé est pleine. Apportez-la au centre, ou branchez-en une autre ; cela continue tout seul.</bdi><br><small lang="en" dir="ltr">English words of stick-full.</small>')
  })

  it('of packs and of the data too', async () => {
    const codes = [...await codesIn(['src/inference']), ...await codesIn(['src/pipeline/reader'], (path) => path.endsWith('pack-shelf.ts')), 'fault-object-damaged', 'fault-document-previous', 'fault-house']
    expect(codes.length).toBeGreaterThan(12)
    for (const { locale } of languages.filter((one) => one.locale !== 'en')) {
      expect([locale, codes.filter((code) => houseProblem(wordsFor(locale), english(code)).markup.startsWith('<bdi>English'))]).toEqual([locale, []])
    }
  })

  it('of a setting that was refused too', async () => {
    const codes = [...await codesIn(['src/compose'], (path) => path.includes('box-')), ...await codesIn(['src/provisioning'], (path) => path.endsWith('box-settings.ts')), ...await codesIn(['src/config'], (path) => /parse-(config|destinations|archives)/.test(path)), 'bad-option']
    expect(codes.length).toBeGreaterThan(6)
    for (const { locale } of languages.filter((one) => one.locale !== 'en')) {
      expect([locale, codes.filter((code) => settingProblem(wordsFor(locale), english(code)).markup.startsWith('<bdi>English'))]).toEqual([locale, []])
    }
  })

  it('is in English the sentence that knows the details, and never markup', () => {
    expect(sendingProblem(wordsFor('en'), english('refused')).markup).toBe('<bdi>English words of refused.</bdi>')
    expect(sendingProblem(wordsFor('sw'), { code: 'refused', message: '<b>x</b>' }).markup).not.toContain('<b>')
  })
})
