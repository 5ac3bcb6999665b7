import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('the style sheet writes no sign that a tablet may have no letter for', async () => {
  const written = [...(await readFile('web-static/app.css', 'utf8')).matchAll(/content: "([^"]*)"/g)].map(([, text = '']) => text)
  expect(written).toEqual(['+', '−'])
})
