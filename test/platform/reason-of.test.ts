import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { DamagedError, StoreFullError } from '../../src/domain/errors.js'
import type { Log } from '../../src/platform/log.js'
import { silentLog } from '../../src/platform/log.js'
import { reasonOf } from '../../src/platform/reason-of.js'
import { runnerLog } from '../../src/pipeline/runner-log.js'
import { uplinkLog } from '../../src/uplink/uplink-log.js'

const PATH = '/nowhere/BAUMANN ANNA 1961.dcm'
const unreadable = await readFile(PATH).catch((error: unknown) => error)
class Ended extends Error {}

describe('the reason of a failure in the log', () => {
  it('names class, code, system call and line, and no file', () => {
    expect(reasonOf(unreadable)).toMatch(/^Error ENOENT open\b/)
    expect(reasonOf(new Ended('BAUMANN'))).toMatch(/^Ended at .*reason-of\.test\.ts:\d+:\d+/)
    expect(reasonOf(new TypeError('first\n    at BAUMANN (x:1:1)'))).toMatch(/^TypeError at .*reason-of\.test\.ts/)
    expect([reasonOf('BAUMANN'), reasonOf(undefined)]).toEqual(['string', 'undefined'])
  })

  it('keeps the words of errors that are ours', () => {
    expect(reasonOf(new StoreFullError('Free space.'))).toBe('StoreFullError: Free space.')
    expect(reasonOf(new DamagedError('The image is damaged on the disk.'))).toBe('DamagedError: The image is damaged on the disk.')
  })

  it.each([['pipeline', (log: Log) => runnerLog(log).stepFailed('20260301-00000000', unreadable, 1)], ['uplink', (log: Log) => uplinkLog(log).failed('send', unreadable)]])('is what the %s writes', (_name, fail) => {
    const lines: unknown[] = []
    fail({ ...silentLog, error: (event, fields) => { lines.push([event, fields]) } })
    expect(JSON.stringify(lines)).toContain('ENOENT')
    expect(JSON.stringify(lines)).not.toMatch(/BAUMANN|nowhere/)
  })
})
