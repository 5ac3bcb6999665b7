import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attribute, escapeHtml, html } from '../../../src/web/views/html.js'

describe('html', () => {
  it('escapes every value that is not markup already', () => {
    const name = `<script>alert("x")</script>'&`
    expect(html`<p title="${name}">${name}</p>`.markup).toBe('<p title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;">&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;</p>')
    expect(html`<b>${html`<i>${'<'}</i>`}</b>`.markup).toBe('<b><i>&lt;</i></b>')
  })

  it('never takes an object for markup that only looks like it', () => {
    const fake = { markup: '<script>' } as unknown as string
    expect(html`${fake}`.markup).not.toContain('<script>')
  })

  it('writes lists, zero and nothing', () => {
    expect(html`${[1, [html`<br>`, '<']]}|${undefined}${null}${false}|${0}`.markup).toBe('1<br>&lt;||0')
  })

  it('writes attributes only when they have a value', () => {
    expect([attribute('a', '"'), attribute('a', true), attribute('a', false), attribute('a', undefined)].join('|')).toBe(' a="&quot;"| a||')
  })

  it('leaves nothing in any text that could end a quoted attribute or begin a tag', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"'`]/.test(escapeHtml(text))))
  })
})
