import { describe, expect, it } from 'vitest'
import { systemPage } from '../../../src/web/views/system.js'
import { workPage } from '../../../src/web/views/work.js'
import { systemModel, workModel } from './every-page.js'
import { pageFor } from './samples.js'

/** Of the line with the room for images: whether it is in order. */
const roomOf = (markup: string): string | undefined => /Room for images[^]*?class="status (\w+)"/.exec(markup)?.[1]

describe('the state of the house', () => {
  it.each([[2.1e9, 'good'], [1.9e9, 'bad'], [0.3e9, 'bad']])('is good with %d bytes free as long as nobody is told of a full disk: %s', (freeBytes, tone) => {
    const system = { ...systemModel.system, disk: { freeBytes, warnBytes: 2e9, reserveBytes: 0.27e9 } }
    expect(roomOf(systemPage(pageFor('admin', '/system'), { ...systemModel, system }).markup)).toBe(tone)
    expect(roomOf(workPage(pageFor('operator', '/work'), { ...workModel, system }).markup)).toBe(tone)
  })

  it('calls referrals without a result what the work list counts: those that are overdue', () => {
    expect(workPage(pageFor('operator', '/work'), { ...workModel, referrals: [], totals: { ...workModel.totals, referrals: 0 } }).markup).toMatch(/<h2>Referred, and the result is overdue <b class="count">0<\/b>/)
  })
})
