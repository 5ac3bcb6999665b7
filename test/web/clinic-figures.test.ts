import { describe, expect, it } from 'vitest'
import { countsByDay, ungradableRates } from '../../src/web/clinic-figures.js'
import { dayAsked, dayOf } from '../../src/web/register.js'
import { routineFundus, summaryOf } from './views/samples.js'

const study = (over: object) => ({ ...summaryOf(routineFundus), ...over })

describe('figures of the clinic', () => {
  it('count what could not be graded of what was read, by person and by device, the worst first', () => {
    const rates = ungradableRates([
      study({ operator: 'amina', gradable: false }), study({ operator: 'amina', gradable: true }), study({ operator: 'grace', gradable: true }),
      study({ operator: undefined, gradable: false, deviceId: 'camera' }), study({ gradable: undefined })
    ])
    expect(rates.operators.map(({ name, images, ungradable }) => [name, images, ungradable])).toEqual([['amina', 2, 1], ['grace', 1, 0]])
    expect(rates.devices[0]).toEqual({ name: 'camera', images: 1, ungradable: 1 })
  })

  it('count each of the last days, and a film that waits for an age among those without a verdict', () => {
    const now = new Date(2026, 10, 21, 9)
    const at = (back: number) => new Date(2026, 10, 21 - back, 8).toISOString()
    const days = countsByDay([study({ receivedAt: at(0), triageLevel: 'immediate' }), study({ receivedAt: at(0) }), study({ receivedAt: at(2), triageLevel: 'none' }), study({ receivedAt: at(9) }), study({ receivedAt: at(1), triageLevel: 'routine', awaitsAge: true })], now, 3)
    expect(days).toEqual([{ day: dayOf(new Date(2026, 10, 19, 9)), urgent: 0, soon: 0, routine: 0, none: 1 }, { day: '2026-11-20', urgent: 0, soon: 0, routine: 0, none: 1 }, { day: '2026-11-21', urgent: 1, soon: 0, routine: 1, none: 0 }])
  })

  it('take a day from the address only when it is one', () => {
    const now = new Date(2026, 10, 21, 9)
    expect([dayAsked('2026-11-02', now), dayAsked('2026-13-45', now), dayAsked('../etc', now), dayAsked(null, now)]).toEqual(['2026-11-02', '2026-11-21', '2026-11-21', '2026-11-21'])
  })
})
