import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { startTestWeb } from './harness.js'

it('gives Prometheus the metrics that docs/api.md names, and no other of ours', async () => {
  await using web = await startTestWeb()
  const text = await (await fetch(`${web.url}/metrics`, { headers: await web.bearer('viewer') })).text()
  const given = [...text.matchAll(/^# TYPE (screenpost_\w+) \w+$/gm)].map(([, name]) => name!)
  const documented = [...(await readFile(resolve(import.meta.dirname, '../../docs/api.md'), 'utf8')).matchAll(/^\| `(screenpost_\w+)`/gm)].map(([, name]) => name!)
  expect(given.length).toBeGreaterThan(5)
  expect(documented.sort()).toEqual(given.sort())
})
