import { expect, it } from 'vitest'

type Judge = (input: { audit: unknown; allowed: readonly { advisory: string; reason: string; until: string }[]; today: string }) => string[]
const { judge } = await import(new URL('../../scripts/sbom/audit.mjs', import.meta.url).href) as { judge: Judge }

const url = 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc'
const audit = { vulnerabilities: { one: { name: 'one', severity: 'high', via: [{ url, title: 'bad' }] }, two: { name: 'two', severity: 'high', via: ['one'] } } }
const allowance = { advisory: url, reason: 'the function is not used', until: '2026-12-31' }

it('names a weakness once, and is quiet about one that a person has judged until the day it was judged for', () => {
  expect(judge({ audit, allowed: [], today: '2026-11-21' })).toEqual([expect.stringContaining(url)])
  expect(judge({ audit, allowed: [allowance], today: '2026-12-31' })).toEqual([])
  expect(judge({ audit, allowed: [allowance], today: '2027-01-01' })).toEqual([expect.stringContaining('Judge it again')])
  expect(judge({ audit: { vulnerabilities: {} }, allowed: [allowance], today: '2026-11-21' })).toEqual([expect.stringContaining('no longer found')])
})
