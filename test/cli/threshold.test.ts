import { describe, expect, it } from 'vitest'
import { judgedFindings } from '../../src/cli/judged-findings.js'
import { amount, shareOf, wholeNumber } from '../../src/cli/option-values.js'
import { unfit } from '../../src/cli/threshold.js'
import { proportion } from '../../src/evaluate/proportion.js'

const of = (positives: number, negatives: number) => ({ sensitivity: proportion(positives, positives), specificity: proportion(Math.ceil(negatives / 2), negatives) })

describe('a threshold to be put into force', () => {
  it('rests on ten cases of each kind', () => {
    expect(unfit('tb', of(1, 40))).toBe('1 positive and 40 negative cases of tb are too few to adopt a threshold: 10 of each are the least. Label more.')
    expect(unfit('tb', of(40, 0))).toContain('40 positive and 0 negative')
    expect(unfit('tb', of(10, 10))).toBeUndefined()
  })
  it('tells somebody apart', () => {
    expect(unfit('tb', { sensitivity: proportion(11, 12), specificity: proportion(0, 40) })).toContain('every case is positive, ill or not')
    expect(unfit('tb', { sensitivity: proportion(0, 12), specificity: proportion(40, 40) })).toContain('every case is negative')
  })
})

describe('the values of options', () => {
  it('are numbers of the kind that is meant, or a sentence', () => {
    expect([wholeNumber('--seed', '7'), shareOf('--sensitivity', '0.9'), amount('--screen-cost', '0')]).toEqual([7, 0.9, 0])
    for (const value of ['0', '-1', '1.5', 'abc', '', '1e9999']) expect(() => wholeNumber('--resamples', value)).toThrow(`--resamples: expected a whole number from 1 on; got ${value}`)
    for (const value of ['90', '0', 'most', '']) expect(() => shareOf('--sensitivity', value)).toThrow('such as 0.9 for 90 %')
    for (const value of ['abc', '-1', '', 'Infinity']) expect(() => amount('--screen-cost', value)).toThrow('--screen-cost: expected a number from 0 on')
  })
  it('name findings that the pack has', () => {
    expect(() => judgedFindings(['tb'], ['tbx=label:tb'])).toThrow('--truth: there is no finding tbx; the pack has tb')
    expect(judgedFindings(['tb'], []).map(({ code, truth, said }) => [code, truth({ label: 'tb' }), said({ label: 'x' })])).toEqual([['tb', true, 'x']])
  })
})
