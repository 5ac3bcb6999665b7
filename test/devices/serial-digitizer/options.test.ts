import { describe, expect, it } from 'vitest'
import { parseSerialDigitizerOptions } from '../../../src/devices/serial-digitizer/options.js'

describe('options', () => {
  it('need a path and nothing else', () => {
    expect(parseSerialDigitizerOptions({ path: '/dev/serial/by-id/usb-X' })).toEqual({
      ok: true, value: { path: '/dev/serial/by-id/usb-X', baudRate: 115_200, flowControl: 'none', windowKiB: 128, maxLines: 30_000, stallSeconds: 60 }
    })
  })

  it('say every problem at once with path, rule and value', () => {
    const parsed = parseSerialDigitizerOptions({ path: 'COM1', baudRate: 9601, flowControl: 'xon', windowKiB: 1.5, maxLines: 3 })
    expect(parsed.ok).toBe(false)
    if (parsed.ok) return
    expect(Object.fromEntries(parsed.error.map(({ path, message }) => [path, message]))).toEqual({
      path: 'expected the absolute path of a serial port, best below /dev/serial/by-id; got "COM1"',
      baudRate: 'expected one of 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1000000, 2000000, 3000000, 4000000; got 9601',
      flowControl: 'expected one of none, rts-cts; got "xon"',
      windowKiB: 'expected a whole number from 4 to 4096; got 1.5',
      maxLines: 'expected a whole number from 16 to 65535; got 3'
    })
  })

  it('refuse each name that is not an option', () => {
    const message = 'no such option; expected one of path, baudRate, flowControl, windowKiB, maxLines, stallSeconds'
    expect(parseSerialDigitizerOptions({ path: '/dev/ttyUSB0', baud: 9600, parity: 'even' }))
      .toEqual({ ok: false, error: [{ code: 'bad-option', path: 'baud', message }, { code: 'bad-option', path: 'parity', message }] })
  })
})
