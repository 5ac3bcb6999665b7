import { describe, expect, it } from 'vitest'
import type { SoakSummary } from '../../scripts/torture/soak.js'
import { soakFindings } from '../../scripts/torture/soak.js'

const good: SoakSummary = { studies: 5000, acknowledgedLost: 0, atPacs: 15_000, doubled: 0, disagreements: 0, restarts: 2, linkFailures: 9, bySerialLine: 12, samples: [], residentMb: [180, 210], peakMb: 500, openFiles: [40, 42], minutes: 9, seed: 1 }

describe('the soak', () => {
  it.each<[string, Partial<SoakSummary>]>([
    ['lost', { acknowledgedLost: 1 }], ['no document knows', { doubled: 1 }], ['do not agree', { disagreements: 2 }], ['memory grew', { residentMb: [180, 400] }], ['memory reached', { peakMb: 1000 }], ['open files grew', { openFiles: [40, 90] }]
  ])('finds what was %s', (words, change) => {
    expect(soakFindings(good)).toEqual([])
    expect(soakFindings({ ...good, ...change }).join()).toContain(words)
  })
})
