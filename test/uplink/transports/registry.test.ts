import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { transportKinds } from '../../../src/uplink/transports/registry.js'

it('every kind of destination that the site file may name is there, and none that it does not tell of', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/site-file.md'), 'utf8')
  const table = page.slice(page.indexOf('Options of each kind:'), page.indexOf('Sign-in is one of'))
  expect([...table.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, kind]) => kind).sort()).toEqual(transportKinds.map(({ kind }) => kind).sort())
})
