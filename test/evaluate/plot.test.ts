import { describe, expect, it } from 'vitest'
import { reliabilityPlot, rocPlot } from '../../src/evaluate/plot.js'

describe('a plot', () => {
  it('has numbers on both axes', () => {
    for (const plot of [rocPlot([]), reliabilityPlot([])]) {
      expect([...plot.matchAll(/<text[^>]*font-size="10">([^<]+)</g)].map(([, number]) => number)).toEqual(['0', '0', '0.5', '0.5', '1', '1'])
    }
  })
})
