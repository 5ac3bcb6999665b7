import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { ICONS } from '../../../src/web/views/icon.js'
import { publicScreens, renderScreen, screens } from './every-page.js'
import { ROLES } from './samples.js'

const everything = [
  ...screens.flatMap((screen) => ROLES.map((role) => [`${screen.name} as ${role}`, renderScreen(screen, role)] as const)),
  ...publicScreens.map((screen) => [`${screen.name} for anybody`, renderScreen(screen, undefined)] as const)
]
const markupOf = (name: string): string => everything.find(([title]) => title === name)?.[1] ?? ''
const all = (markup: string, pattern: RegExp): string[] => [...markup.matchAll(pattern)].map((match) => match[1] ?? '')

/** The literal text of each `html` template of a source file, with § where a value stands. */
function templatesOf(file: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'html') {
      const { template } = node
      found.push(ts.isNoSubstitutionTemplateLiteral(template) ? template.text : [template.head.text, ...template.templateSpans.map((span) => span.literal.text)].join('§'))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true))
  return found
}

describe.each(everything)('%s', (_name, markup) => {
  it('is one whole document with a title, a heading and a language', () => {
    expect(markup).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/)
    expect(markup.endsWith('</html>')).toBe(true)
    expect(all(markup, /<(h1)>/g)).toHaveLength(1)
    expect(markup).not.toMatch(/undefined|\[object|NaN/)
  })

  it('keeps to the content policy: no inline script, style or handler, and nothing from elsewhere', () => {
    expect(markup).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|<script(?![^>]* src="\/static\/)/i)
    expect(all(markup, /(?:href|src|action|hx-get|hx-post)="([^"]*)"/g).filter((url) => !/^[/#]/.test(url))).toEqual([])
  })

  it('has each id once, and every label, hint and description leads to something', () => {
    const ids = all(markup, /\sid="([^"]+)"/g)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    const wanted = all(markup, /(?:\sfor|aria-describedby|aria-controls)="([^"]+)"/g).flatMap((value) => value.split(' '))
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([])
  })

  it('names every picture and every field, and repeats the token in every form', () => {
    expect(all(markup, /(<img(?![^>]*\salt=)[^>]*>)/g)).toEqual([])
    const forms = all(markup, /<form[^>]*method="post"[^>]*>([\s\S]*?)<\/form>/g)
    expect(forms.filter((form) => !form.includes('name="_csrf"'))).toEqual([])
    const fields = all(markup, /<(?:input|textarea)([^>]*)>/g).filter((field) => !/type="(hidden|radio|checkbox|range)"/.test(field))
    for (const field of fields) expect(markup).toContain(`for="${/id="([^"]+)"/.exec(field)?.[1] ?? 'none'}"`)
  })
})

describe('who may do what', () => {
  it('shows the review to clinicians only', () => {
    expect(ROLES.filter((role) => markupOf(`study-urgent as ${role}`).includes('id="review"'))).toEqual(['clinician'])
  })
  it('lets nobody but nurses and clinicians attach, answer and take images', () => {
    for (const name of ['study-chest', 'study-question']) expect(ROLES.filter((role) => /action="\/(patients\/search|studies\/[^"]+\/answer)"/.test(markupOf(`${name} as ${role}`)))).toEqual(['operator', 'clinician'])
    expect(ROLES.filter((role) => markupOf(`list as ${role}`).includes('href="/capture"'))).toEqual(['operator', 'clinician'])
  })
  it('shows the users page in the navigation of technicians only', () => {
    expect(ROLES.filter((role) => markupOf(`list as ${role}`).includes('href="/users"'))).toEqual(['admin'])
  })
})

describe('what every page promises', () => {
  it('says the limits wherever a verdict stands', () => {
    const verdicts = everything.filter(([, markup]) => markup.includes('class="badge'))
    expect(verdicts.length).toBeGreaterThan(20)
    for (const [, markup] of verdicts) expect(markup).toContain('Decision support under study, not a certified device.')
  })

  it('never says urgency by colour alone', () => {
    for (const [, markup] of everything) for (const badge of all(markup, /<span class="badge [a-z]+">([\s\S]*?)<\/span><\/span>|<span class="badge [a-z]+">/g)) expect(badge).toMatch(/<use href="\/static\/icons.svg#[a-z]+"><\/use><\/svg><span>[^<]+/)
  })

  it('names nobody to who has not signed in', () => {
    for (const screen of publicScreens) expect(renderScreen(screen, undefined)).not.toMatch(/Odhiambo|Wanjiru|\/events/)
  })

  it('has every icon that it uses', () => {
    const drawn = all(readFileSync('web-static/icons.svg', 'utf8'), /<symbol id="([^"]+)"/g)
    expect([...ICONS].filter((name) => !drawn.includes(name))).toEqual([])
  })

  it('writes its words in the catalogue and not in the views', () => {
    const files = readdirSync('src/web/views', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const spoken = files.flatMap((file) => templatesOf(file).filter((template) => !/^\s[a-z]+[=\s][^<]*$/.test(template)).flatMap((template) => [
      ...all(template, /\s(?:aria-label|title|alt|placeholder)="([^"§]*\p{L}{3}[^"]*)"/gu),
      ...(template.replace(/<code>[\s\S]*?<\/code>/g, '').replace(/<[^>]*>/g, '').match(/\p{L}{3,}/gu) ?? [])
    ]))
    expect(spoken.filter((word) => word !== 'Screenpost')).toEqual([])
  })

  it('is ready for right-to-left: no left or right in the style sheet', () => {
    const css = readFileSync('web-static/app.css', 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    expect(css).not.toMatch(/(margin|padding|border|inset)-(left|right)|[{;\s](left|right):|text-align: (left|right)|float:/)
  })
})
