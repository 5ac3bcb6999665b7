import { describe, expect, it } from 'vitest'
import { defaultInterface, isPaid } from '../../src/platform/metered.js'

const ROUTES = 'Iface\tDestination\tGateway\tFlags\nwlan0\t0002A8C0\t00000000\t0001\nwwan0\t00000000\t0100000A\t0003\n'

describe('metered', () => {
  it('finds the interface that leads out', () => {
    expect(defaultInterface(ROUTES)).toBe('wwan0')
    expect(defaultInterface('Iface\tDestination\n')).toBeUndefined()
  })

  it('believes NetworkManager before the name', () => {
    expect([isPaid('wwan0', ''), isPaid('eth0', ''), isPaid('wlan0', 'yes (guessed)'), isPaid('usb0', 'no')]).toEqual([true, false, true, false])
  })
})
